-- What few keys have is found without a look at each key: overdue reviews, refused requests, keys that woke up and new
-- networks. A finding that many have is soon met along the order of the list.
create index api_keys_reviewed on api_keys (status, reviewed_at);
create index api_keys_keep_until on api_keys (keep_until) where keep_until <> 0;
create index api_keys_refused on api_keys (last_refused_at) where last_refused_at <> 0;
create index api_keys_woke on api_keys (woke_at) where woke_at <> 0;
create index api_keys_network on api_keys (network_at) where network_at <> 0;
