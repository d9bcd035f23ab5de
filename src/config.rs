//! Where each setting comes from: flags > environment > file > default.
