PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO _sqlx_migrations VALUES(1,'init','2026-11-29 15:58:08',1,X'a62e87ec8808943e72be774b83de7291af837fab630261154cd47523c11bd3d692812884c0c04b03f36002187ccd3e33',9173137);
INSERT INTO _sqlx_migrations VALUES(2,'once','2026-11-29 15:58:08',1,X'74e8996311879b78352dfa79417f06be4386dd6d7f9442943caf9c452a61a006eb7d330be47e5a4b31f8f1ad0b0db565',2392544);
INSERT INTO _sqlx_migrations VALUES(3,'audit_search','2026-11-29 15:58:08',1,X'745585a957e8ad1cd59ace69444407ab5027ab4dc0cab44661aa77626b760747b20f89934f08808b42326a9f9385b6ec',7987506);
INSERT INTO _sqlx_migrations VALUES(4,'folding','2026-11-29 15:58:08',1,X'd7abebdd03a6c428c26062385b758e7fe3f38d57be4a3d54eb6c6a89916dfd053ac6b29710cd5b343006017eaf7dfeba',3451389);
INSERT INTO _sqlx_migrations VALUES(5,'once_closed','2026-11-29 15:58:08',1,X'2ca340a3c9802ffd7e2fcb884d21b36fcd8135f3b841a50dbf8b1aad320a92ad3d33ab2200c174b6b43d1f5d7d688e27',8038367);
CREATE TABLE audit_head (
    id bigint primary key,
    seq bigint not null,
    hash text not null
, searchable bigint not null default 0);
INSERT INTO audit_head VALUES(1,12,'faeac64e686c2ca9cfbf865e9c6075d7c4b8d8329b251f4f59ed13f2490da7a2',0);
CREATE TABLE audit_events (
    seq bigint primary key,
    at bigint not null,
    actor text not null,
    action text not null,
    project_id text not null,
    key_id text not null,
    body text not null,
    hash text not null
);
INSERT INTO audit_events VALUES(1,1795967888627,'local:root','project.created','prj_01m8m0eb7zddvj12nwzkj4nkms','','{"action":"project.created","actor":"local:root","at":"2026-11-29T15:58:08.627Z","detail":{"name":"shop"},"id":"evt_01m8m0eb7z88z45nz1tyjb066y","key":null,"previousHash":"0000000000000000000000000000000000000000000000000000000000000000","project":"prj_01m8m0eb7zddvj12nwzkj4nkms","seq":1}','950117b6cc33110878ae6865ff334aa3b2770f73adb7d343efe8a7fc843e9678');
INSERT INTO audit_events VALUES(2,1795967888672,'local:root','project.created','prj_01m8m0eb91q0jkevj0ngzvbfjv','','{"action":"project.created","actor":"local:root","at":"2026-11-29T15:58:08.672Z","detail":{"name":"blog"},"id":"evt_01m8m0eb91fnhtjqnw7zcmc97y","key":null,"previousHash":"950117b6cc33110878ae6865ff334aa3b2770f73adb7d343efe8a7fc843e9678","project":"prj_01m8m0eb91q0jkevj0ngzvbfjv","seq":2}','1ed84c09d974d688ace633ae2a919beb559d6acf345faa15a6aafe91dd1c2795');
INSERT INTO audit_events VALUES(3,1795967888704,'local:root','key.created','prj_01m8m0eb7zddvj12nwzkj4nkms','key_01m8m0eba2zz1pja3zqbdxpc9d','{"action":"key.created","actor":"local:root","at":"2026-11-29T15:58:08.704Z","detail":{"hint":"redir_live_6aha****...****JcvO","mode":"live","name":"web"},"id":"evt_01m8m0eba25pm6f68jkz2wz0dd","key":"key_01m8m0eba2zz1pja3zqbdxpc9d","previousHash":"1ed84c09d974d688ace633ae2a919beb559d6acf345faa15a6aafe91dd1c2795","project":"prj_01m8m0eb7zddvj12nwzkj4nkms","seq":3}','86a0e719cc5ecfe150f5d08af73e2fdcdc63efec6dbe9a4717da9f6685272d5c');
INSERT INTO audit_events VALUES(4,1795967888734,'local:root','key.created','prj_01m8m0eb7zddvj12nwzkj4nkms','key_01m8m0ebb3kjwsy85a65zqgwb3','{"action":"key.created","actor":"local:root","at":"2026-11-29T15:58:08.734Z","detail":{"hint":"redir_test_6RL0****...****Xquv","mode":"test","name":"ci"},"id":"evt_01m8m0ebb6d6v45ygpzyca8bb9","key":"key_01m8m0ebb3kjwsy85a65zqgwb3","previousHash":"86a0e719cc5ecfe150f5d08af73e2fdcdc63efec6dbe9a4717da9f6685272d5c","project":"prj_01m8m0eb7zddvj12nwzkj4nkms","seq":4}','64a493acf0c7b8b20a850d7cc18db5bdcecbca9f26655071fa8e941a68c8d8b8');
INSERT INTO audit_events VALUES(5,1795967888790,'local:root','key.created','prj_01m8m0eb91q0jkevj0ngzvbfjv','key_01m8m0ebcq8m2kvwf0v41dq0sv','{"action":"key.created","actor":"local:root","at":"2026-11-29T15:58:08.790Z","detail":{"hint":"redir_live_Dz7r****...****ih53","mode":"live","name":"leaked"},"id":"evt_01m8m0ebcq4755xqdae7q31j3s","key":"key_01m8m0ebcq8m2kvwf0v41dq0sv","previousHash":"64a493acf0c7b8b20a850d7cc18db5bdcecbca9f26655071fa8e941a68c8d8b8","project":"prj_01m8m0eb91q0jkevj0ngzvbfjv","seq":5}','a4fa9f3ee3e0c7c1b615e43024b136551648c1ebca9a378b229b81ffe59d8a36');
INSERT INTO audit_events VALUES(6,1795967888847,'local:root','key.created','prj_01m8m0eb91q0jkevj0ngzvbfjv','key_01m8m0ebej7svvdfn4n8g1s7bv','{"action":"key.created","actor":"local:root","at":"2026-11-29T15:58:08.847Z","detail":{"hint":"redir_live_KRkV****...****Ial1","mode":"live","name":"forgotten"},"id":"evt_01m8m0ebekhjyy4qxw5pb853gj","key":"key_01m8m0ebej7svvdfn4n8g1s7bv","previousHash":"a4fa9f3ee3e0c7c1b615e43024b136551648c1ebca9a378b229b81ffe59d8a36","project":"prj_01m8m0eb91q0jkevj0ngzvbfjv","seq":6}','3500da9eab2a4f9bc2981fc3e88f3bfbce47a6d534a131f9007a37e9d7df9206');
INSERT INTO audit_events VALUES(7,1795967888880,'local:root','key.rotated','prj_01m8m0eb7zddvj12nwzkj4nkms','key_01m8m0ebfj8z3m5np0y1jdfyba','{"action":"key.rotated","actor":"local:root","at":"2026-11-29T15:58:08.880Z","detail":{"before":"web","hint":"redir_live_KNIQ****...****I5Bv","mode":"live","name":"web-2","rotatedFrom":"key_01m8m0eba2zz1pja3zqbdxpc9d"},"id":"evt_01m8m0ebfj8rg8xv4v9vczrpaf","key":"key_01m8m0ebfj8z3m5np0y1jdfyba","previousHash":"3500da9eab2a4f9bc2981fc3e88f3bfbce47a6d534a131f9007a37e9d7df9206","project":"prj_01m8m0eb7zddvj12nwzkj4nkms","seq":7}','9a9de0008244317a550ce46d23abeefd9ed26978a828b3ae64690701150a23a2');
INSERT INTO audit_events VALUES(8,1795967888911,'local:root','key.renamed','prj_01m8m0eb7zddvj12nwzkj4nkms','key_01m8m0ebb3kjwsy85a65zqgwb3','{"action":"key.renamed","actor":"local:root","at":"2026-11-29T15:58:08.911Z","detail":{"before":"ci","hint":"redir_test_6RL0****...****Xquv","name":"nightly"},"id":"evt_01m8m0ebghek71mdgvt12xavsj","key":"key_01m8m0ebb3kjwsy85a65zqgwb3","previousHash":"9a9de0008244317a550ce46d23abeefd9ed26978a828b3ae64690701150a23a2","project":"prj_01m8m0eb7zddvj12nwzkj4nkms","seq":8}','7837a0651827c817db27c72913c78888ea20852ad7d76ce2d125131c75bfb957');
INSERT INTO audit_events VALUES(9,1795967888943,'local:root','rules.replaced','prj_01m8m0eb7zddvj12nwzkj4nkms','','{"action":"rules.replaced","actor":"local:root","at":"2026-11-29T15:58:08.943Z","detail":{"rules":1},"id":"evt_01m8m0ebhhznd55hevmw3j0y99","key":null,"previousHash":"7837a0651827c817db27c72913c78888ea20852ad7d76ce2d125131c75bfb957","project":"prj_01m8m0eb7zddvj12nwzkj4nkms","seq":9}','7203a12d79b34c1296d9774c542b001fb78902f7739361938fd22c55806f6caa');
INSERT INTO audit_events VALUES(10,1795967889281,'local:root','rules.deployed','prj_01m8m0eb7zddvj12nwzkj4nkms','','{"action":"rules.deployed","actor":"local:root","at":"2026-11-29T15:58:09.281Z","detail":{"rules":1,"shadowed":0,"version":1},"id":"evt_01m8m0ebw3zjfb6jcjefeev7n3","key":null,"previousHash":"7203a12d79b34c1296d9774c542b001fb78902f7739361938fd22c55806f6caa","project":"prj_01m8m0eb7zddvj12nwzkj4nkms","seq":10}','9abaafb8f43a77d9ebccd75026ad7ea12bbc4f00785dfdcc9735b1f281e9d002');
INSERT INTO audit_events VALUES(11,1795967889310,'local:root','token.created','','','{"action":"token.created","actor":"local:root","at":"2026-11-29T15:58:09.310Z","detail":{"hint":"redir_mgmt_pJco****...****oYoU","name":"reader","role":"auditor","token":"tok_01m8m0ebwzhv2ckrcpn095td3z"},"id":"evt_01m8m0ebwzx6rnb7yz52gh9v9b","key":null,"previousHash":"9abaafb8f43a77d9ebccd75026ad7ea12bbc4f00785dfdcc9735b1f281e9d002","project":null,"seq":11}','d8d7bb70f57329056ac3ef74240e09b4bbd126a58ad4d2dc69b248baee4a617c');
INSERT INTO audit_events VALUES(12,1795967891390,'local:root','key.revoked','prj_01m8m0eb91q0jkevj0ngzvbfjv','key_01m8m0ebcq8m2kvwf0v41dq0sv','{"action":"key.revoked","actor":"local:root","at":"2026-11-29T15:58:11.390Z","detail":{"hint":"redir_live_Dz7r****...****ih53","name":"leaked","reason":"in a public repository"},"id":"evt_01m8m0edy2556jtnsn08crftz4","key":"key_01m8m0ebcq8m2kvwf0v41dq0sv","previousHash":"d8d7bb70f57329056ac3ef74240e09b4bbd126a58ad4d2dc69b248baee4a617c","project":"prj_01m8m0eb91q0jkevj0ngzvbfjv","seq":12}','faeac64e686c2ca9cfbf865e9c6075d7c4b8d8329b251f4f59ed13f2490da7a2');
CREATE TABLE projects (
    id text primary key,
    name text not null,
    folded text not null,
    created_at bigint not null,
    archived_at bigint not null,
    changed_seq bigint not null,
    live_version bigint not null,
    rules bigint not null,
    rules_seq bigint not null
, search text not null default '');
INSERT INTO projects VALUES('prj_01m8m0eb7zddvj12nwzkj4nkms','shop','shop',1795967888627,0,1,1,1,9,'shop');
INSERT INTO projects VALUES('prj_01m8m0eb91q0jkevj0ngzvbfjv','blog','blog',1795967888672,0,2,0,0,0,'blog');
CREATE TABLE api_keys (
    id text primary key,
    project_id text not null references projects (id),
    name text not null,
    folded text not null,
    mode bigint not null,
    handle text not null,
    last4 text not null,
    algorithm bigint not null,
    salt blob not null,
    digest blob not null,
    status bigint not null,
    created_at bigint not null,
    created_by text not null,
    last_used_at bigint not null,
    last_used_from text not null,
    idle_since bigint not null,
    revoked_at bigint not null,
    revoked_by text not null,
    revoke_reason text not null,
    changed_seq bigint not null,
    rotated_from text not null,
    refused_since_revoked bigint not null,
    last_refused_at bigint not null,
    search text not null
);
INSERT INTO api_keys VALUES('key_01m8m0eba2zz1pja3zqbdxpc9d','prj_01m8m0eb7zddvj12nwzkj4nkms','web','web',0,'6aha','JcvO',1,X'08282d1133a2b732b13d3609b7f4e21a',X'9963e7f53e1c27e8bccc17cb3f8796b4db7e5c2083fca6e671923512659200ec',0,1795967888704,'local:root',1795967891358,'127.0.0.1',1795967891358,0,'','',3,'',0,0,replace('web\nlocal:root\nredir_live_6aha****...****jcvo\nkey_01m8m0eba2zz1pja3zqbdxpc9d','\n',char(10)));
INSERT INTO api_keys VALUES('key_01m8m0ebb3kjwsy85a65zqgwb3','prj_01m8m0eb7zddvj12nwzkj4nkms','nightly','nightly',1,'6RL0','Xquv',1,X'e151602addbd4f91e56355c3d5e719c5',X'9d8dbaf256aeb235c2714cee10f5a3398c052b83ff22a2f28993b8b1bf6b9134',0,1795967888734,'local:root',0,'',1795967888734,0,'','',8,'',0,0,replace('nightly\nlocal:root\nredir_test_6rl0****...****xquv\nkey_01m8m0ebb3kjwsy85a65zqgwb3','\n',char(10)));
INSERT INTO api_keys VALUES('key_01m8m0ebcq8m2kvwf0v41dq0sv','prj_01m8m0eb91q0jkevj0ngzvbfjv','leaked','leaked',0,'Dz7r','ih53',1,X'4ac572430245d75ea9edce72bc101f79',X'97e286a1d1f9b3a1b98df865777b158374a674e8de4e0607799698df9f93de5b',1,1795967888790,'local:root',1795967891374,'127.0.0.1',1795967891374,1795967891390,'local:root','in a public repository',12,'',1,1795967891419,replace('leaked\nlocal:root\nredir_live_dz7r****...****ih53\nkey_01m8m0ebcq8m2kvwf0v41dq0sv','\n',char(10)));
INSERT INTO api_keys VALUES('key_01m8m0ebej7svvdfn4n8g1s7bv','prj_01m8m0eb91q0jkevj0ngzvbfjv','forgotten','forgotten',0,'KRkV','Ial1',1,X'2495745a32505f3fa60246e185e0bed5',X'36f6cc927589c151c2d800335284ff4e08f43e31843f3cb20a317078c615c42c',0,1795967888847,'local:root',0,'',1795967888847,0,'','',6,'',0,0,replace('forgotten\nlocal:root\nredir_live_krkv****...****ial1\nkey_01m8m0ebej7svvdfn4n8g1s7bv','\n',char(10)));
INSERT INTO api_keys VALUES('key_01m8m0ebfj8z3m5np0y1jdfyba','prj_01m8m0eb7zddvj12nwzkj4nkms','web-2','web-2',0,'KNIQ','I5Bv',1,X'9d91ae58e88cdf1b68f557fae610e8a9',X'f74ac90531a3c5b71faf0e973fda4e0d77f7501a2090fc16bab86b9423410264',0,1795967888880,'local:root',0,'',1795967888880,0,'','',7,'key_01m8m0eba2zz1pja3zqbdxpc9d',0,0,replace('web-2\nlocal:root\nredir_live_kniq****...****i5bv\nkey_01m8m0ebfj8z3m5np0y1jdfyba','\n',char(10)));
CREATE TABLE rule_chunks (
    project_id text not null references projects (id),
    version bigint not null,
    number bigint not null,
    rules text not null,
    primary key (project_id, version, number)
);
INSERT INTO rule_chunks VALUES('prj_01m8m0eb7zddvj12nwzkj4nkms',0,0,'[{"source":"/a","destination":"/b","status":301,"match":"exact","priority":0}]');
INSERT INTO rule_chunks VALUES('prj_01m8m0eb7zddvj12nwzkj4nkms',1,0,'[{"source":"/a","destination":"/b","status":301,"match":"exact","priority":0}]');
CREATE TABLE deployments (
    project_id text not null references projects (id),
    version bigint not null,
    created_at bigint not null,
    created_by text not null,
    rules bigint not null,
    shadowed text not null,
    primary key (project_id, version)
);
INSERT INTO deployments VALUES('prj_01m8m0eb7zddvj12nwzkj4nkms',1,1795967889281,'local:root',1,'[]');
CREATE TABLE tokens (
    id text primary key,
    name text not null,
    folded text not null,
    role bigint not null,
    handle text not null,
    last4 text not null,
    algorithm bigint not null,
    salt blob not null,
    digest blob not null,
    created_at bigint not null,
    created_by text not null,
    revoked_at bigint not null,
    revoked_by text not null,
    changed_seq bigint not null
);
INSERT INTO tokens VALUES('tok_01m8m0ebwzhv2ckrcpn095td3z','reader','reader',0,'pJco','oYoU',1,X'2e9aa267686c6260944a01f6aeffcdbc',X'4f56610bad88a9949f39727ae025d876b50f7fb16bd1bb1c8b5d67bc282edd66',1795967889310,'local:root',0,'',11);
CREATE TABLE usage_days (
    key_id text not null references api_keys (id),
    day bigint not null,
    allowed bigint not null,
    limited bigint not null,
    refused bigint not null,
    primary key (key_id, day)
);
INSERT INTO usage_days VALUES('key_01m8m0eba2zz1pja3zqbdxpc9d',20786,1,0,0);
INSERT INTO usage_days VALUES('key_01m8m0ebcq8m2kvwf0v41dq0sv',20786,1,0,1);
CREATE TABLE key_callers (
    key_id text not null references api_keys (id),
    address text not null,
    first_at bigint not null,
    last_at bigint not null,
    allowed bigint not null,
    refused bigint not null,
    primary key (key_id, address)
);
INSERT INTO key_callers VALUES('key_01m8m0eba2zz1pja3zqbdxpc9d','127.0.0.1',1795967891358,1795967891358,1,0);
INSERT INTO key_callers VALUES('key_01m8m0ebcq8m2kvwf0v41dq0sv','127.0.0.1',1795967891374,1795967891419,1,1);
CREATE TABLE once (
    scope text not null,
    route text not null,
    key text not null,
    fingerprint text not null,
    made text not null,
    at bigint not null,
    primary key (scope, route, key)
);
INSERT INTO once VALUES('local:root','POST /v1/projects/{id}/keys','01M8M0EBA0S7WX7KJNATD86NHF','4f6d8e6c8e8b091f24c8df2a7e3ba8719e037a1fecffb542e1e46f40d829ea67','key_01m8m0eba2zz1pja3zqbdxpc9d',1795967888704);
INSERT INTO once VALUES('local:root','POST /v1/projects/{id}/keys','01M8M0EBAYQXY6ACB2QH9D31DH','5cb6b6d71c891e2db4d69ef8e4929c9101308c88a1acefc4e0d878223c941927','key_01m8m0ebb3kjwsy85a65zqgwb3',1795967888734);
INSERT INTO once VALUES('local:root','POST /v1/projects/{id}/keys','01M8M0EBCPFMFHAWBAC6S1N11T','9bc7a07fa2bee3e318ad0ae6e6d156e739dda67311b80eedc4e0f95521c10e8a','key_01m8m0ebcq8m2kvwf0v41dq0sv',1795967888790);
INSERT INTO once VALUES('local:root','POST /v1/projects/{id}/keys','01M8M0EBEFWXDR6ZTPV4KQA939','ba1f1114cb0bc563928a26e45644a45b5352e3d189e249a4ad19c626cdf4e266','key_01m8m0ebej7svvdfn4n8g1s7bv',1795967888847);
INSERT INTO once VALUES('local:root','POST /v1/keys/{id}/rotate','01M8M0EBFGG1HPBP1JAH02CCBQ','13510393cdc9db6cec541f40f10b8d585697682b90505238ece62e6c18eb34bb','key_01m8m0ebfj8z3m5np0y1jdfyba',1795967888880);
INSERT INTO once VALUES('local:root','POST /v1/tokens','01M8M0EBWY9DT5T8JW3Q9HY8YV','9547e59b6b5ce79fdf0a6665bdf24ee23934cc31a3719ee8362469c813d7ee7b','tok_01m8m0ebwzhv2ckrcpn095td3z',1795967889310);
CREATE TABLE audit_search (
    seq integer primary key,
    at bigint not null,
    project_id text not null,
    key_id text not null,
    search text not null
);
INSERT INTO audit_search VALUES(1,1795967888627,'prj_01m8m0eb7zddvj12nwzkj4nkms','',replace('shop\n\n1\nproject.created\nlocal:root\nprj_01m8m0eb7zddvj12nwzkj4nkms\n','\n',char(10)));
INSERT INTO audit_search VALUES(2,1795967888672,'prj_01m8m0eb91q0jkevj0ngzvbfjv','',replace('blog\n\n2\nproject.created\nlocal:root\nprj_01m8m0eb91q0jkevj0ngzvbfjv\n','\n',char(10)));
INSERT INTO audit_search VALUES(3,1795967888704,'prj_01m8m0eb7zddvj12nwzkj4nkms','key_01m8m0eba2zz1pja3zqbdxpc9d',replace('redir_live_6aha****...****jcvo	web\nlive\n3\nkey.created\nlocal:root\nprj_01m8m0eb7zddvj12nwzkj4nkms\nkey_01m8m0eba2zz1pja3zqbdxpc9d','\n',char(10)));
INSERT INTO audit_search VALUES(4,1795967888734,'prj_01m8m0eb7zddvj12nwzkj4nkms','key_01m8m0ebb3kjwsy85a65zqgwb3',replace('redir_test_6rl0****...****xquv	ci\ntest\n4\nkey.created\nlocal:root\nprj_01m8m0eb7zddvj12nwzkj4nkms\nkey_01m8m0ebb3kjwsy85a65zqgwb3','\n',char(10)));
INSERT INTO audit_search VALUES(5,1795967888790,'prj_01m8m0eb91q0jkevj0ngzvbfjv','key_01m8m0ebcq8m2kvwf0v41dq0sv',replace('redir_live_dz7r****...****ih53	leaked\nlive\n5\nkey.created\nlocal:root\nprj_01m8m0eb91q0jkevj0ngzvbfjv\nkey_01m8m0ebcq8m2kvwf0v41dq0sv','\n',char(10)));
INSERT INTO audit_search VALUES(6,1795967888847,'prj_01m8m0eb91q0jkevj0ngzvbfjv','key_01m8m0ebej7svvdfn4n8g1s7bv',replace('redir_live_krkv****...****ial1	forgotten\nlive\n6\nkey.created\nlocal:root\nprj_01m8m0eb91q0jkevj0ngzvbfjv\nkey_01m8m0ebej7svvdfn4n8g1s7bv','\n',char(10)));
INSERT INTO audit_search VALUES(7,1795967888880,'prj_01m8m0eb7zddvj12nwzkj4nkms','key_01m8m0ebfj8z3m5np0y1jdfyba',replace('web	redir_live_kniq****...****i5bv	web-2\nlive	key_01m8m0eba2zz1pja3zqbdxpc9d\n7\nkey.rotated\nlocal:root\nprj_01m8m0eb7zddvj12nwzkj4nkms\nkey_01m8m0ebfj8z3m5np0y1jdfyba','\n',char(10)));
INSERT INTO audit_search VALUES(8,1795967888911,'prj_01m8m0eb7zddvj12nwzkj4nkms','key_01m8m0ebb3kjwsy85a65zqgwb3',replace('ci	redir_test_6rl0****...****xquv	nightly\n\n8\nkey.renamed\nlocal:root\nprj_01m8m0eb7zddvj12nwzkj4nkms\nkey_01m8m0ebb3kjwsy85a65zqgwb3','\n',char(10)));
INSERT INTO audit_search VALUES(9,1795967888943,'prj_01m8m0eb7zddvj12nwzkj4nkms','',replace('\n1\n9\nrules.replaced\nlocal:root\nprj_01m8m0eb7zddvj12nwzkj4nkms\n','\n',char(10)));
INSERT INTO audit_search VALUES(10,1795967889281,'prj_01m8m0eb7zddvj12nwzkj4nkms','',replace('\n1	0	1\n10\nrules.deployed\nlocal:root\nprj_01m8m0eb7zddvj12nwzkj4nkms\n','\n',char(10)));
INSERT INTO audit_search VALUES(11,1795967889310,'','',replace('redir_mgmt_pjco****...****oyou	reader\nauditor	tok_01m8m0ebwzhv2ckrcpn095td3z\n11\ntoken.created\nlocal:root\n\n','\n',char(10)));
INSERT INTO audit_search VALUES(12,1795967891390,'prj_01m8m0eb91q0jkevj0ngzvbfjv','key_01m8m0ebcq8m2kvwf0v41dq0sv',replace('redir_live_dz7r****...****ih53	leaked\nin a public repository\n12\nkey.revoked\nlocal:root\nprj_01m8m0eb91q0jkevj0ngzvbfjv\nkey_01m8m0ebcq8m2kvwf0v41dq0sv','\n',char(10)));
CREATE TABLE folding (
    noun text primary key,
    place text not null,
    done bigint not null,
    revision bigint not null,
    goal bigint not null,
    alike bigint not null
);
INSERT INTO folding VALUES('projects','',1,0,0,0);
INSERT INTO folding VALUES('tokens','',1,0,0,0);
INSERT INTO folding VALUES('api_keys','',1,0,0,0);
INSERT INTO folding VALUES('audit_search','',1,0,0,0);
CREATE TABLE once_closed (
    scope text not null,
    key text not null,
    at bigint not null,
    primary key (scope, key)
);
CREATE INDEX audit_events_project on audit_events (project_id, seq);
CREATE INDEX audit_events_key on audit_events (key_id, seq);
CREATE INDEX audit_events_actor on audit_events (actor, seq);
CREATE INDEX audit_events_action on audit_events (action, seq);
CREATE INDEX audit_events_at on audit_events (at, seq);
CREATE UNIQUE INDEX projects_name on projects (folded) where archived_at = 0;
CREATE INDEX projects_order on projects (archived_at, folded, id);
CREATE UNIQUE INDEX api_keys_name on api_keys (project_id, folded) where status = 0;
CREATE INDEX api_keys_handle on api_keys (handle, last4);
CREATE INDEX api_keys_by_name on api_keys (status, folded, id);
CREATE INDEX api_keys_by_creation on api_keys (status, created_at, id);
CREATE INDEX api_keys_by_use on api_keys (status, last_used_at, id);
CREATE INDEX api_keys_by_idle on api_keys (status, idle_since, id);
CREATE INDEX api_keys_project_name on api_keys (project_id, status, folded, id);
CREATE INDEX api_keys_project_creation on api_keys (project_id, status, created_at, id);
CREATE INDEX api_keys_project_use on api_keys (project_id, status, last_used_at, id);
CREATE INDEX api_keys_project_idle on api_keys (project_id, status, idle_since, id);
CREATE INDEX api_keys_search on api_keys (status, project_id, mode, search, id);
CREATE UNIQUE INDEX tokens_name on tokens (folded) where revoked_at = 0;
CREATE INDEX tokens_handle on tokens (handle);
CREATE INDEX tokens_order on tokens (created_at, id);
CREATE INDEX once_at on once (at);
CREATE INDEX once_closed_at on once_closed (at);
CREATE INDEX once_key on once (scope, key);
COMMIT;
