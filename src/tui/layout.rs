//! Size -> named areas, for update and view alike.
