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
INSERT INTO "_sqlx_migrations" VALUES(1,'init','2026-11-28 17:15:14',1,X'A62E87EC8808943E72BE774B83DE7291AF837FAB630261154CD47523C11BD3D692812884C0C04B03F36002187CCD3E33',3412595);
INSERT INTO "_sqlx_migrations" VALUES(2,'once','2026-11-28 17:15:14',1,X'74E8996311879B78352DFA79417F06BE4386DD6D7F9442943CAF9C452A61A006EB7D330BE47E5A4B31F8F1AD0B0DB565',3762760);
INSERT INTO "_sqlx_migrations" VALUES(3,'audit_search','2026-11-28 17:15:14',1,X'745585A957E8AD1CD59ACE69444407AB5027AB4DC0CAB44661AA77626B760747B20F89934F08808B42326A9F9385B6EC',1457320);
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
INSERT INTO "api_keys" VALUES('key_01m8hjesntf3wt78ev751xmz9n','prj_01m8hjesjt84dt212qdazcys91','Straße','straße',0,'Latq','b7H4',1,X'0F1ED6950DAA02EAEF4F4EA49803E275',X'C66E54634ADD726CCA9DA92E2E1404A9C886F167A2C5CDEF9D91BD55F98C7299',0,1795886114489,'token:admin',1795886114841,'127.0.0.1',1795886114841,0,'','',9,'',0,0,'straße
token:admin
redir_live_latq****...****b7h4
key_01m8hjesntf3wt78ev751xmz9n');
INSERT INTO "api_keys" VALUES('key_01m8hjespfdkmz153jbz2q72f0','prj_01m8hjesjt84dt212qdazcys91','STRASSE','strasse',0,'8aoq','6iYM',1,X'01EC65AA01A20D5107D01F3001722C31',X'1D9723AC56F507077DC65D0287F2A9AA59C7830B2A3C50AF305456C8E6D09213',0,1795886114510,'token:admin',0,'',1795886114510,0,'','',10,'',0,0,'strasse
token:admin
redir_live_8aoq****...****6iym
key_01m8hjespfdkmz153jbz2q72f0');
INSERT INTO "api_keys" VALUES('key_01m8hjesq2qx4pj9ytw2ynvn55','prj_01m8hjesjt84dt212qdazcys91','İstanbul','i̇stanbul',0,'Sh4M','f7aU',1,X'80F410D25FEF8F907C269B118307DE70',X'BE513FA19C2E59AD905427A9F3E57E99182EB582046EFC540F390CF265F6F839',0,1795886114530,'token:admin',0,'',1795886114530,0,'','',11,'',0,0,'i̇stanbul
token:admin
redir_live_sh4m****...****f7au
key_01m8hjesq2qx4pj9ytw2ynvn55');
INSERT INTO "api_keys" VALUES('key_01m8hjesq9dj4a17evv8wsggb8','prj_01m8hjesjt84dt212qdazcys91','istanbul-é3','istanbul-é3',0,'QX27','uqLH',1,X'B32B7FBE8082F847B71032CFEE1F5B0C',X'9463BAA58523947D186D0F1C363AA28840D56AA29D0238629688E0FC57248476',0,1795886114537,'token:admin',0,'',1795886114537,0,'','',41,'',0,0,'istanbul-é3
token:admin
redir_live_qx27****...****uqlh
key_01m8hjesq9dj4a17evv8wsggb8');
INSERT INTO "api_keys" VALUES('key_01m8hjesqj3bcsn3g4g5f4xhqh','prj_01m8hjesjt84dt212qdazcys91','Café','café',0,'Ooxu','wjjF',1,X'7F6D708DD398089EE7958DF962A264DF',X'B42FDB1A372DF49B6D682DBFAF1FDDE50BD7DC0B3BBBD103B8BD287C1BD0C76C',1,1795886114545,'token:admin',0,'',1795886114545,1795886114871,'token:admin','Grüße: leaked',42,'',0,0,'café
token:admin
redir_live_ooxu****...****wjjf
key_01m8hjesqj3bcsn3g4g5f4xhqh');
INSERT INTO "api_keys" VALUES('key_01m8hjesqta0cse6zm34ms78rh','prj_01m8hjesjt84dt212qdazcys91','cafe','cafe',0,'BFYB','bVSg',1,X'CAAD8EE7D21967ACF14889F072482542',X'1D404D5EE8CA427015460A4DEDFCCAAB767B278AA8DBE230EE0EDC080F977580',0,1795886114553,'token:admin',0,'',1795886114553,0,'','',14,'',0,0,'cafe
token:admin
redir_live_bfyb****...****bvsg
key_01m8hjesqta0cse6zm34ms78rh');
INSERT INTO "api_keys" VALUES('key_01m8hjesr0a492bqzvk7t0jk6e','prj_01m8hjesjt84dt212qdazcys91','CAFÉ-2','café-2',0,'0CNS','gVNw',1,X'B7E5A2DFAA8B9D3E95A73D1A82CB0041',X'8B644E831FB944B789FBD6F728A0E3739DEDAE0BC1B34103257CA691A8FC6DA0',0,1795886114559,'token:admin',1795886114894,'127.0.0.1',1795886114894,0,'','',15,'',0,0,'café-2
token:admin
redir_live_0cns****...****gvnw
key_01m8hjesr0a492bqzvk7t0jk6e');
INSERT INTO "api_keys" VALUES('key_01m8hjesr48yya8323kzxe46yr','prj_01m8hjesjt84dt212qdazcys91','ΟΔΟΣ','οδος',0,'fthF','rMha',1,X'097F0D854AD75097AEF04C4D1E70A487',X'70A614C825B66A455998950ED33DAC80D7BBA739A440B3622961E1209E767022',0,1795886114564,'token:admin',0,'',1795886114564,0,'','',16,'',0,0,'οδος
token:admin
redir_live_fthf****...****rmha
key_01m8hjesr48yya8323kzxe46yr');
INSERT INTO "api_keys" VALUES('key_01m8hjesraybq1zb052s884dn0','prj_01m8hjesjt84dt212qdazcys91','οδοσ','οδοσ',0,'4Ho3','NaIP',1,X'01CA61AC2127FDBC1186C62AE384EA59',X'E150F211C2EDC9085E97E4DB419FC33D353E03E8F9A1A72DE4C61D1451F9D702',0,1795886114569,'token:admin',0,'',1795886114569,0,'','',17,'',0,0,'οδοσ
token:admin
redir_live_4ho3****...****naip
key_01m8hjesraybq1zb052s884dn0');
INSERT INTO "api_keys" VALUES('key_01m8hjesrwn9sz5bevbkj5xxyj','prj_01m8hjesjt84dt212qdazcys91','Ǆungla','ǆungla',0,'7AWa','K2lw',1,X'695F003A63D00A1E6AB0978F530D3728',X'D4935C2F332D9F858B1B6D59550B318F16D5A492478A452DB074319A99BB394D',1,1795886114587,'token:admin',0,'',1795886114587,1795886114898,'token:admin','Grüße: leaked',43,'',0,0,'ǆungla
token:admin
redir_live_7awa****...****k2lw
key_01m8hjesrwn9sz5bevbkj5xxyj');
INSERT INTO "api_keys" VALUES('key_01m8hjess94rytvgffz6m4w5q6','prj_01m8hjesjt84dt212qdazcys91','ﬁle-é10','ﬁle-é10',0,'vf3k','4WpD',1,X'37D94B5C6264CB58F72ACBDCE3F875BE',X'5407BE060FD6A22713983C956C85A2B1D2ECCC22772D132F3E94F7AA0C1C5B3A',0,1795886114601,'token:admin',0,'',1795886114601,0,'','',44,'',0,0,'ﬁle-é10
token:admin
redir_live_vf3k****...****4wpd
key_01m8hjess94rytvgffz6m4w5q6');
INSERT INTO "api_keys" VALUES('key_01m8hjessfd4zs8pk23y49t0kd','prj_01m8hjesjt84dt212qdazcys91','FILE','file',0,'bqpM','BOcx',1,X'AFA44BC00A31862E34719DA47FC00347',X'BC3EC7756786773728E82BB0DE318DF796530EBDBED4F3A1AF10DC92387D9EA8',0,1795886114606,'token:admin',0,'',1795886114606,0,'','',20,'',0,0,'file
token:admin
redir_live_bqpm****...****bocx
key_01m8hjessfd4zs8pk23y49t0kd');
INSERT INTO "api_keys" VALUES('key_01m8hjessmvx9zzx31h9c8wty7','prj_01m8hjesjt84dt212qdazcys91','Ω-ohm','ω-ohm',0,'e1jG','vjQd',1,X'007E6738BB5E2C689210FDAB9AEC3373',X'D758924C24E40CECECB74298B65558A5662F53C8AF2F0DDA246F9320C609B046',0,1795886114611,'token:admin',1795886114933,'127.0.0.1',1795886114933,0,'','',21,'',0,0,'ω-ohm
token:admin
redir_live_e1jg****...****vjqd
key_01m8hjessmvx9zzx31h9c8wty7');
INSERT INTO "api_keys" VALUES('key_01m8hjessvekm5r04eps9v77es','prj_01m8hjesjt84dt212qdazcys91','naïve','naïve',0,'t8aU','ZMRZ',1,X'A4907C02813CA04AB463828A3AFB128F',X'0B4EAB8603D23C7A003E5A44AE4B24E5695FBEA6A57B77ACED21298D792DE176',0,1795886114619,'token:admin',0,'',1795886114619,0,'','',22,'',0,0,'naïve
token:admin
redir_live_t8au****...****zmrz
key_01m8hjessvekm5r04eps9v77es');
INSERT INTO "api_keys" VALUES('key_01m8hjest0b9e3kcjpg35db6er','prj_01m8hjesjt84dt212qdazcys91','한국어','한국어',0,'dB02','svLo',1,X'8B3DD3A3541AB9017BD3B91FC2DDBE7C',X'87E8FE61BF1F7EBF3AAD94856508B9B383F1B88E4BE4799B102C85D716A960C7',1,1795886114623,'token:admin',0,'',1795886114623,1795886114936,'token:admin','Grüße: leaked',45,'',0,0,'한국어
token:admin
redir_live_db02****...****svlo
key_01m8hjest0b9e3kcjpg35db6er');
INSERT INTO "api_keys" VALUES('key_01m8hjest53jknh8wn2e9cfxnh','prj_01m8hjesjt84dt212qdazcys91','日本語','日本語',0,'uXRR','Es2y',1,X'AC22C271982B88E7AC3B41B8305BD1FD',X'9B2475452D6FB6155DEF54BABB06BD5C6112FA775D83A9A49F8084C97900AFA0',0,1795886114628,'token:admin',1795886114950,'127.0.0.1',1795886114950,0,'','',24,'',0,0,'日本語
token:admin
redir_live_uxrr****...****es2y
key_01m8hjest53jknh8wn2e9cfxnh');
INSERT INTO "api_keys" VALUES('key_01m8hjestvzex5tge3h2kdp67m','prj_01m8hjesjt84dt212qdazcys91','ÅNGSTRÖM','ångström',0,'TJiu','WTgF',1,X'264DF67698280A7E7E111C0A36794BD8',X'9E1925EC997D309B78E7116D87CB4A6E144BF345EA0AB951D1D6D187C3A3D07A',0,1795886114650,'token:admin',0,'',1795886114650,0,'','',25,'',0,0,'ångström
token:admin
redir_live_tjiu****...****wtgf
key_01m8hjestvzex5tge3h2kdp67m');
INSERT INTO "api_keys" VALUES('key_01m8hjesvekyd8rsr0w0z0ec03','prj_01m8hjesjt84dt212qdazcys91','ﬀ-é17','ﬀ-é17',0,'HfKZ','gvrR',1,X'1993155CF1734548B86788165563E506',X'A95946C4DC7FBD2667F8A2A7F906EB4B0BAB40ADAE458CFD6AA2A71A06EEFDF0',0,1795886114670,'token:admin',0,'',1795886114670,0,'','',46,'',0,0,'ﬀ-é17
token:admin
redir_live_hfkz****...****gvrr
key_01m8hjesvekyd8rsr0w0z0ec03');
INSERT INTO "api_keys" VALUES('key_01m8hjesvt2hecq6bp5rkdgn78','prj_01m8hjesjt84dt212qdazcys91','FF','ff',0,'KYLf','R03N',1,X'3FBD71C570A32027E752CF87850FEF98',X'90846E9DA4BE23EB53A277C775704034E475258CEF82CB1C42D1059F49E3A56F',0,1795886114682,'token:admin',1795886114959,'127.0.0.1',1795886114959,0,'','',27,'',0,0,'ff
token:admin
redir_live_kylf****...****r03n
key_01m8hjesvt2hecq6bp5rkdgn78');
INSERT INTO "api_keys" VALUES('key_01m8hjesw0184a19pj6zgqx7cy','prj_01m8hjesjt84dt212qdazcys91','ŉew','ŉew',0,'MjrJ','oXA2',1,X'E780DC9FC06BD2BDBA4CB16360EA59F6',X'079288A33DB0141D6E5DBEFA3FC96CFEFD6C78EE5EF686570E06F1E540F56114',1,1795886114687,'token:admin',0,'',1795886114687,1795886114962,'token:admin','Grüße: leaked',47,'',0,0,'ŉew
token:admin
redir_live_mjrj****...****oxa2
key_01m8hjesw0184a19pj6zgqx7cy');
INSERT INTO "api_keys" VALUES('key_01m8hjesw59ej3fgncymp0tq6e','prj_01m8hjesjt84dt212qdazcys91','ʼnew','ʼnew',0,'oNVL','Wehl',1,X'4E27FE03839447612875B0B8F37083B2',X'76265D5FB4A9FD4FFBD4E4C5C2628B2C4DD45AA8E6604C134F0885BBF6EAC14A',0,1795886114693,'token:admin',0,'',1795886114693,0,'','',29,'',0,0,'ʼnew
token:admin
redir_live_onvl****...****wehl
key_01m8hjesw59ej3fgncymp0tq6e');
INSERT INTO "api_keys" VALUES('key_01m8hjeswb1atxk4sryvxvp9q4','prj_01m8hjesjt84dt212qdazcys91','Ꭰꭰ','ꭰꭰ',0,'xXq0','RJnC',1,X'98661E330E9ECE3A15FC68A2E9DC06ED',X'6C548F6BBC5A1B9A9CD0E5E0741C634BEB467054DB49DFE34C14F6612FB47901',0,1795886114698,'token:admin',1795886114969,'127.0.0.1',1795886114969,0,'','',30,'',0,0,'ꭰꭰ
token:admin
redir_live_xxq0****...****rjnc
key_01m8hjeswb1atxk4sryvxvp9q4');
INSERT INTO "api_keys" VALUES('key_01m8hjeswf495556tctssm4bkt','prj_01m8hjesjt84dt212qdazcys91','K-kelvin','k-kelvin',0,'bHWz','u0hX',1,X'CB4E916F8D4302F67099C21C2EE3C498',X'3C564910188AAC36010F578F2370D929B05BE243F8CCF68A7A167E2409392CA5',0,1795886114703,'token:admin',0,'',1795886114703,0,'','',31,'',0,0,'k-kelvin
token:admin
redir_live_bhwz****...****u0hx
key_01m8hjeswf495556tctssm4bkt');
INSERT INTO "api_keys" VALUES('key_01m8hjeswmtp16gst7rs63qmta','prj_01m8hjesjt84dt212qdazcys91','ẞ','ß',0,'O6qz','T5Xf',1,X'2964A7A40E58C01BD4BC4732C1CA7D5D',X'E1C6CCD1741DE04A5999AD542C7584CB3B8B06E4F393141DC3485DFD28783ED4',0,1795886114708,'token:admin',0,'',1795886114708,0,'','',32,'',0,0,'ß
token:admin
redir_live_o6qz****...****t5xf
key_01m8hjeswmtp16gst7rs63qmta');
INSERT INTO "api_keys" VALUES('key_01m8hjeswsced2t4qdn2serjfg','prj_01m8hjesjt84dt212qdazcys91','ss','ss',0,'hm6y','TeBn',1,X'CAA19CEC1B223AB321B2946DA0BCFE5C',X'06029EA1C0F55C0A951B1973F73B87134AA6955E43C44F37C891ABF2837531F0',1,1795886114713,'token:admin',0,'',1795886114713,1795886114971,'token:admin','Grüße: leaked',48,'',0,0,'ss
token:admin
redir_live_hm6y****...****tebn
key_01m8hjeswsced2t4qdn2serjfg');
INSERT INTO "api_keys" VALUES('key_01m8hjesxkdkaxpx47jmxskqkv','prj_01m8hjesjt84dt212qdazcys91','école','école',0,'u0DU','qPUZ',1,X'28E1237FE00F67EA8973640BE6AD9DD6',X'9E3E8763CD6E177301EC7C4DEC62338E18B6859ED73FA5CB95D5B1F47CDD723B',0,1795886114738,'token:admin',0,'',1795886114738,0,'','',34,'',0,0,'école
token:admin
redir_live_u0du****...****qpuz
key_01m8hjesxkdkaxpx47jmxskqkv');
INSERT INTO "api_keys" VALUES('key_01m8hjesy7m0y8vs0e24pwbd5h','prj_01m8hjesjt84dt212qdazcys91','plain','plain',0,'oKqK','uHpv',1,X'71094FD3B52BE1AAA1C0C3B74E7BCD22',X'06B4F8491C868281918034B27104C6EDBDB6DC9A2B9107344F0BCBC4E525153E',0,1795886114758,'token:admin',0,'',1795886114758,0,'','',35,'',0,0,'plain
token:admin
redir_live_okqk****...****uhpv
key_01m8hjesy7m0y8vs0e24pwbd5h');
INSERT INTO "api_keys" VALUES('key_01m8hjesyjm1sbtxxtp25trn2k','prj_01m8hjesjt84dt212qdazcys91','Plain-2','plain-2',0,'3vSp','fWPo',1,X'4209D7748B22DF1918EC524910F26680',X'F5B734F07D3D78261A1B6753AFBA3B3ACB2198AB34366E9BBACACD141781E948',0,1795886114769,'token:admin',1795886114978,'127.0.0.1',1795886114978,0,'','',36,'',0,0,'plain-2
token:admin
redir_live_3vsp****...****fwpo
key_01m8hjesyjm1sbtxxtp25trn2k');
INSERT INTO "api_keys" VALUES('key_01m8hjesyzsr9xmk7tr6fejsj4','prj_01m8hjesjt84dt212qdazcys91','Café-30','café-30',0,'cqUC','n75f',1,X'59AA878BD30ABCF289D3BDCE0EEE02A2',X'53CF4C2EF0FA7C5FCE599E7B780C951BAADF0FC9AAFD97536C5DD29B137D16A1',0,1795886114782,'token:admin',0,'',1795886114782,0,'','',37,'',0,0,'café-30
token:admin
redir_live_cquc****...****n75f
key_01m8hjesyzsr9xmk7tr6fejsj4');
INSERT INTO "api_keys" VALUES('key_01m8hjesz6k8s1c6qjp39erthy','prj_01m8hjesk26q58ear99w0kvhn0','ÅNGSTRÖM-31','ångström-31',0,'RP6q','NfBC',1,X'13DC84B575A15007230FCC7F4000342B',X'56CBD7791FA0D379CDB70882C147C0059FE11E93DF0D3C712B93830243B80D6A',1,1795886114789,'token:admin',0,'',1795886114789,1795886114980,'token:admin','Grüße: leaked',49,'',0,0,'ångström-31
token:admin
redir_live_rp6q****...****nfbc
key_01m8hjesz6k8s1c6qjp39erthy');
INSERT INTO "api_keys" VALUES('key_01m8hjeszwm078keyzgacnt4ax','prj_01m8hjesk8h8n5mm6r2530q0jq','école-32','école-32',0,'tUT1','wWQz',1,X'DBFD9D5E5E6BEB46AC592B846C1F89CE',X'072B10A48648F4974081C1311DD8910799385303D8FC334CD7235FA7A627968F',0,1795886114811,'token:admin',0,'',1795886114811,0,'','',39,'',0,0,'école-32
token:admin
redir_live_tut1****...****wwqz
key_01m8hjeszwm078keyzgacnt4ax');
INSERT INTO "api_keys" VALUES('key_01m8hjet0gpvtv5drnet42xsqz','prj_01m8hjeskcea3e7v0dft7f4yt5','ẞ-33-é31','ß-33-é31',0,'dj8c','MU3y',1,X'3B162708845B3C82B0A2EDCFDA96B0B4',X'EF474691CDA7B58D069706292EB6D755688A035D204762104DCD8C724468C9A8',0,1795886114831,'token:admin',0,'',1795886114831,0,'','',50,'',0,0,'ß-33-é31
token:admin
redir_live_dj8c****...****mu3y
key_01m8hjet0gpvtv5drnet42xsqz');
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
INSERT INTO "audit_events" VALUES(1,1795886114302,'local:root','token.created','','','{"action":"token.created","actor":"local:root","at":"2026-11-28T17:15:14.302Z","detail":{"hint":"redir_mgmt_nla2****...****x4YV","name":"admin","role":"admin","token":"tok_01m8hjesg0t9xpcrzkcg54z1w5"},"id":"evt_01m8hjesg06c0ahj15z6megz6h","key":null,"previousHash":"0000000000000000000000000000000000000000000000000000000000000000","project":null,"seq":1}','8a105eb4618c2554752ae6f460053f8e4cd44984182dde7628a0b316b78d0e98');
INSERT INTO "audit_events" VALUES(2,1795886114394,'token:admin','project.created','prj_01m8hjesjt84dt212qdazcys91','','{"action":"project.created","actor":"token:admin","at":"2026-11-28T17:15:14.394Z","detail":{"name":"Shop"},"id":"evt_01m8hjesjv0x5m5rfztdn4cg6d","key":null,"previousHash":"8a105eb4618c2554752ae6f460053f8e4cd44984182dde7628a0b316b78d0e98","project":"prj_01m8hjesjt84dt212qdazcys91","seq":2}','e1579128f0e6568a85a4d0b00100de047166a11a282dd04813d20ffbeb1fe2d4');
INSERT INTO "audit_events" VALUES(3,1795886114402,'token:admin','project.created','prj_01m8hjesk26q58ear99w0kvhn0','','{"action":"project.created","actor":"token:admin","at":"2026-11-28T17:15:14.402Z","detail":{"name":"Größe"},"id":"evt_01m8hjesk25129fd1x4gspf854","key":null,"previousHash":"e1579128f0e6568a85a4d0b00100de047166a11a282dd04813d20ffbeb1fe2d4","project":"prj_01m8hjesk26q58ear99w0kvhn0","seq":3}','a0218ab24353f2df600f3a2f369c25e8001f8d0ca442ed6774f87062e187287c');
INSERT INTO "audit_events" VALUES(4,1795886114407,'token:admin','project.created','prj_01m8hjesk8h8n5mm6r2530q0jq','','{"action":"project.created","actor":"token:admin","at":"2026-11-28T17:15:14.407Z","detail":{"name":"GRÖSSE"},"id":"evt_01m8hjesk8vg80rmarfpepe78p","key":null,"previousHash":"a0218ab24353f2df600f3a2f369c25e8001f8d0ca442ed6774f87062e187287c","project":"prj_01m8hjesk8h8n5mm6r2530q0jq","seq":4}','8515ddd68fed69aafdc91e3a40b4f5129ea581d1c2b0ac670bad3217000ac9ec');
INSERT INTO "audit_events" VALUES(5,1795886114412,'token:admin','project.created','prj_01m8hjeskcea3e7v0dft7f4yt5','','{"action":"project.created","actor":"token:admin","at":"2026-11-28T17:15:14.412Z","detail":{"name":"Zürich"},"id":"evt_01m8hjeskd14kp6cx1yvzjkmyf","key":null,"previousHash":"8515ddd68fed69aafdc91e3a40b4f5129ea581d1c2b0ac670bad3217000ac9ec","project":"prj_01m8hjeskcea3e7v0dft7f4yt5","seq":5}','38345e4113b08297fea99a7df96697471f8e37fbcbcde0455e96ef043224f71f');
INSERT INTO "audit_events" VALUES(6,1795886114421,'token:admin','project.created','prj_01m8hjesknzgnrzwn6h9hw9ex9','','{"action":"project.created","actor":"token:admin","at":"2026-11-28T17:15:14.421Z","detail":{"name":"İ"},"id":"evt_01m8hjesknada1jzz4spge2aaj","key":null,"previousHash":"38345e4113b08297fea99a7df96697471f8e37fbcbcde0455e96ef043224f71f","project":"prj_01m8hjesknzgnrzwn6h9hw9ex9","seq":6}','6983bbb1a885afc8ce6bac0bdccd5e4ce0fca6b5f3b89e73fceef1d3f4b1683c');
INSERT INTO "audit_events" VALUES(7,1795886114440,'token:admin','token.created','','','{"action":"token.created","actor":"token:admin","at":"2026-11-28T17:15:14.440Z","detail":{"hint":"redir_mgmt_R33j****...****Lqtg","name":"CI-ß","role":"member","token":"tok_01m8hjesm99darywmsw6w7031x"},"id":"evt_01m8hjesm98d8xd26g9ae3zwz3","key":null,"previousHash":"6983bbb1a885afc8ce6bac0bdccd5e4ce0fca6b5f3b89e73fceef1d3f4b1683c","project":null,"seq":7}','81e3a12bd205bd07e53c8003041cefbfeba144854f83baf368ca22eb5b7e949d');
INSERT INTO "audit_events" VALUES(8,1795886114466,'token:admin','token.created','','','{"action":"token.created","actor":"token:admin","at":"2026-11-28T17:15:14.466Z","detail":{"hint":"redir_mgmt_EQmX****...****d2Eq","name":"CI-SS","role":"member","token":"tok_01m8hjesn2yxj2ae6ejnzwd1g2"},"id":"evt_01m8hjesn2zhyzyh0kx95dbsnm","key":null,"previousHash":"81e3a12bd205bd07e53c8003041cefbfeba144854f83baf368ca22eb5b7e949d","project":null,"seq":8}','2f824c1d3f5d7b1339115b53ab66786e4118f3e7db3032df08608245201cc822');
INSERT INTO "audit_events" VALUES(9,1795886114489,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesntf3wt78ev751xmz9n','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.489Z","detail":{"hint":"redir_live_Latq****...****b7H4","mode":"live","name":"Straße"},"id":"evt_01m8hjesnvn5mcshcbch6k40ad","key":"key_01m8hjesntf3wt78ev751xmz9n","previousHash":"2f824c1d3f5d7b1339115b53ab66786e4118f3e7db3032df08608245201cc822","project":"prj_01m8hjesjt84dt212qdazcys91","seq":9}','d3e22ce18da41625408adc3b637de6740f7acfa21c5323c80b0e1b2afaad1a62');
INSERT INTO "audit_events" VALUES(10,1795886114510,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjespfdkmz153jbz2q72f0','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.510Z","detail":{"hint":"redir_live_8aoq****...****6iYM","mode":"live","name":"STRASSE"},"id":"evt_01m8hjespfy35hmn0xtsmk17sy","key":"key_01m8hjespfdkmz153jbz2q72f0","previousHash":"d3e22ce18da41625408adc3b637de6740f7acfa21c5323c80b0e1b2afaad1a62","project":"prj_01m8hjesjt84dt212qdazcys91","seq":10}','87ad6a08110d455f2d69b6345be4e6130c00fee6049dac3698dd726b59b619de');
INSERT INTO "audit_events" VALUES(11,1795886114530,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesq2qx4pj9ytw2ynvn55','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.530Z","detail":{"hint":"redir_live_Sh4M****...****f7aU","mode":"live","name":"İstanbul"},"id":"evt_01m8hjesq2aprj1smfq4qstvma","key":"key_01m8hjesq2qx4pj9ytw2ynvn55","previousHash":"87ad6a08110d455f2d69b6345be4e6130c00fee6049dac3698dd726b59b619de","project":"prj_01m8hjesjt84dt212qdazcys91","seq":11}','2378ba392659f3210b4928da4f931cab13e337ac13defecea40c87e379561cf3');
INSERT INTO "audit_events" VALUES(12,1795886114537,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesq9dj4a17evv8wsggb8','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.537Z","detail":{"hint":"redir_live_QX27****...****uqLH","mode":"live","name":"istanbul"},"id":"evt_01m8hjesq9ghkfr93a0mgpn795","key":"key_01m8hjesq9dj4a17evv8wsggb8","previousHash":"2378ba392659f3210b4928da4f931cab13e337ac13defecea40c87e379561cf3","project":"prj_01m8hjesjt84dt212qdazcys91","seq":12}','cbb247506a2c32fa288b4a2b109b8c7c74ae66c7e00a6b3fa0a74c1d0aad8cae');
INSERT INTO "audit_events" VALUES(13,1795886114545,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesqj3bcsn3g4g5f4xhqh','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.545Z","detail":{"hint":"redir_live_Ooxu****...****wjjF","mode":"live","name":"Café"},"id":"evt_01m8hjesqjay8qzvc43f4fs7bk","key":"key_01m8hjesqj3bcsn3g4g5f4xhqh","previousHash":"cbb247506a2c32fa288b4a2b109b8c7c74ae66c7e00a6b3fa0a74c1d0aad8cae","project":"prj_01m8hjesjt84dt212qdazcys91","seq":13}','5755b35076cb1dea54b077913821a1360d9a95f426047c20dce32c8e29406aed');
INSERT INTO "audit_events" VALUES(14,1795886114553,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesqta0cse6zm34ms78rh','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.553Z","detail":{"hint":"redir_live_BFYB****...****bVSg","mode":"live","name":"cafe"},"id":"evt_01m8hjesqtjazmg72a3tsqjs4e","key":"key_01m8hjesqta0cse6zm34ms78rh","previousHash":"5755b35076cb1dea54b077913821a1360d9a95f426047c20dce32c8e29406aed","project":"prj_01m8hjesjt84dt212qdazcys91","seq":14}','4399162ff7b7210bcdd714496a5b5dc49cc43a08bf098d3f204edf7545310f6b');
INSERT INTO "audit_events" VALUES(15,1795886114559,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesr0a492bqzvk7t0jk6e','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.559Z","detail":{"hint":"redir_live_0CNS****...****gVNw","mode":"live","name":"CAFÉ-2"},"id":"evt_01m8hjesr05w8n7e3r1ca6wf4b","key":"key_01m8hjesr0a492bqzvk7t0jk6e","previousHash":"4399162ff7b7210bcdd714496a5b5dc49cc43a08bf098d3f204edf7545310f6b","project":"prj_01m8hjesjt84dt212qdazcys91","seq":15}','d8acf32917f66322d6af802d99def6873e79d870c45fea5419ff18f3bd6dab6c');
INSERT INTO "audit_events" VALUES(16,1795886114564,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesr48yya8323kzxe46yr','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.564Z","detail":{"hint":"redir_live_fthF****...****rMha","mode":"live","name":"ΟΔΟΣ"},"id":"evt_01m8hjesr5a483v06p64d5fnhx","key":"key_01m8hjesr48yya8323kzxe46yr","previousHash":"d8acf32917f66322d6af802d99def6873e79d870c45fea5419ff18f3bd6dab6c","project":"prj_01m8hjesjt84dt212qdazcys91","seq":16}','4798927673344cfc8a5479df4898b6cc9fe8ca16c3ac556842fa5df8ab6c27b9');
INSERT INTO "audit_events" VALUES(17,1795886114569,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesraybq1zb052s884dn0','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.569Z","detail":{"hint":"redir_live_4Ho3****...****NaIP","mode":"live","name":"οδοσ"},"id":"evt_01m8hjesravnvrwj9zf58wqn71","key":"key_01m8hjesraybq1zb052s884dn0","previousHash":"4798927673344cfc8a5479df4898b6cc9fe8ca16c3ac556842fa5df8ab6c27b9","project":"prj_01m8hjesjt84dt212qdazcys91","seq":17}','8436d134e95e4df8e1663927425f94e90790f4d5249afd52bb6bc79ce86c7f0f');
INSERT INTO "audit_events" VALUES(18,1795886114587,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesrwn9sz5bevbkj5xxyj','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.587Z","detail":{"hint":"redir_live_7AWa****...****K2lw","mode":"live","name":"Ǆungla"},"id":"evt_01m8hjesrwzpdc9m114zy26fs4","key":"key_01m8hjesrwn9sz5bevbkj5xxyj","previousHash":"8436d134e95e4df8e1663927425f94e90790f4d5249afd52bb6bc79ce86c7f0f","project":"prj_01m8hjesjt84dt212qdazcys91","seq":18}','eae32f04a516c0fe304ac9498a27deb592d58fab59b20457e954a9748ec073fd');
INSERT INTO "audit_events" VALUES(19,1795886114601,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjess94rytvgffz6m4w5q6','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.601Z","detail":{"hint":"redir_live_vf3k****...****4WpD","mode":"live","name":"ﬁle"},"id":"evt_01m8hjessatj73w70gaszrgzf2","key":"key_01m8hjess94rytvgffz6m4w5q6","previousHash":"eae32f04a516c0fe304ac9498a27deb592d58fab59b20457e954a9748ec073fd","project":"prj_01m8hjesjt84dt212qdazcys91","seq":19}','0e7162f271ebeff676f0bf4bc6f02c15aff3479c70dadb08720f8e80a5f5c793');
INSERT INTO "audit_events" VALUES(20,1795886114606,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjessfd4zs8pk23y49t0kd','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.606Z","detail":{"hint":"redir_live_bqpM****...****BOcx","mode":"live","name":"FILE"},"id":"evt_01m8hjessfwk47mztpnvmtq5c1","key":"key_01m8hjessfd4zs8pk23y49t0kd","previousHash":"0e7162f271ebeff676f0bf4bc6f02c15aff3479c70dadb08720f8e80a5f5c793","project":"prj_01m8hjesjt84dt212qdazcys91","seq":20}','2deffded7490e4e045e608f48d01c9b5dcccae8ec2b52f4cd70e875f59cb678d');
INSERT INTO "audit_events" VALUES(21,1795886114611,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjessmvx9zzx31h9c8wty7','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.611Z","detail":{"hint":"redir_live_e1jG****...****vjQd","mode":"live","name":"Ω-ohm"},"id":"evt_01m8hjessmj26987qhxpw53kpg","key":"key_01m8hjessmvx9zzx31h9c8wty7","previousHash":"2deffded7490e4e045e608f48d01c9b5dcccae8ec2b52f4cd70e875f59cb678d","project":"prj_01m8hjesjt84dt212qdazcys91","seq":21}','b773f40a10f54ca72526714d693b63301e009efddfdfa732ddf2bc54f9cecf24');
INSERT INTO "audit_events" VALUES(22,1795886114619,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjessvekm5r04eps9v77es','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.619Z","detail":{"hint":"redir_live_t8aU****...****ZMRZ","mode":"live","name":"naïve"},"id":"evt_01m8hjessvmky0vxdc1z5ssth4","key":"key_01m8hjessvekm5r04eps9v77es","previousHash":"b773f40a10f54ca72526714d693b63301e009efddfdfa732ddf2bc54f9cecf24","project":"prj_01m8hjesjt84dt212qdazcys91","seq":22}','78b196a3903da5843327c0d8ad9fe91bc8959f74c114df09d1353af5caa0c7e8');
INSERT INTO "audit_events" VALUES(23,1795886114623,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjest0b9e3kcjpg35db6er','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.623Z","detail":{"hint":"redir_live_dB02****...****svLo","mode":"live","name":"한국어"},"id":"evt_01m8hjest0qw884xspv6cxzrb3","key":"key_01m8hjest0b9e3kcjpg35db6er","previousHash":"78b196a3903da5843327c0d8ad9fe91bc8959f74c114df09d1353af5caa0c7e8","project":"prj_01m8hjesjt84dt212qdazcys91","seq":23}','a721a638c69f694f084c3dc6f2ab64b5f1d0edc46b49331eb2ab771eb4147a13');
INSERT INTO "audit_events" VALUES(24,1795886114628,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjest53jknh8wn2e9cfxnh','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.628Z","detail":{"hint":"redir_live_uXRR****...****Es2y","mode":"live","name":"日本語"},"id":"evt_01m8hjest5xd8jckhhg25t8p8e","key":"key_01m8hjest53jknh8wn2e9cfxnh","previousHash":"a721a638c69f694f084c3dc6f2ab64b5f1d0edc46b49331eb2ab771eb4147a13","project":"prj_01m8hjesjt84dt212qdazcys91","seq":24}','1e4ad5af3c8ffc792c5190658cf72b3949fa15794d12930e0da154c412ba80bd');
INSERT INTO "audit_events" VALUES(25,1795886114650,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjestvzex5tge3h2kdp67m','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.650Z","detail":{"hint":"redir_live_TJiu****...****WTgF","mode":"live","name":"ÅNGSTRÖM"},"id":"evt_01m8hjestv10hbnn1tw99ym8ns","key":"key_01m8hjestvzex5tge3h2kdp67m","previousHash":"1e4ad5af3c8ffc792c5190658cf72b3949fa15794d12930e0da154c412ba80bd","project":"prj_01m8hjesjt84dt212qdazcys91","seq":25}','097ec4b7c9ef318d1bc7d3233912934e7c70c18014273890c6b16364518dc066');
INSERT INTO "audit_events" VALUES(26,1795886114670,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesvekyd8rsr0w0z0ec03','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.670Z","detail":{"hint":"redir_live_HfKZ****...****gvrR","mode":"live","name":"ﬀ"},"id":"evt_01m8hjesvfxcv3q7s8hmnnz4mk","key":"key_01m8hjesvekyd8rsr0w0z0ec03","previousHash":"097ec4b7c9ef318d1bc7d3233912934e7c70c18014273890c6b16364518dc066","project":"prj_01m8hjesjt84dt212qdazcys91","seq":26}','89f9b46266b87a47e0bab217c1065414d5474b1409a9d1a66f554338be2e17f0');
INSERT INTO "audit_events" VALUES(27,1795886114682,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesvt2hecq6bp5rkdgn78','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.682Z","detail":{"hint":"redir_live_KYLf****...****R03N","mode":"live","name":"FF"},"id":"evt_01m8hjesvvtd632f6mz2s6w1wd","key":"key_01m8hjesvt2hecq6bp5rkdgn78","previousHash":"89f9b46266b87a47e0bab217c1065414d5474b1409a9d1a66f554338be2e17f0","project":"prj_01m8hjesjt84dt212qdazcys91","seq":27}','5d055734c3775b2904a6218c4acb5735d2ef82f7597906fd64380a291894a568');
INSERT INTO "audit_events" VALUES(28,1795886114687,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesw0184a19pj6zgqx7cy','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.687Z","detail":{"hint":"redir_live_MjrJ****...****oXA2","mode":"live","name":"ŉew"},"id":"evt_01m8hjesw02frevv03ff3t04q6","key":"key_01m8hjesw0184a19pj6zgqx7cy","previousHash":"5d055734c3775b2904a6218c4acb5735d2ef82f7597906fd64380a291894a568","project":"prj_01m8hjesjt84dt212qdazcys91","seq":28}','a49bee6b2d42dfe793e18abea0671dc46fa31d2a945a383c9e1ac41c1acd217c');
INSERT INTO "audit_events" VALUES(29,1795886114693,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesw59ej3fgncymp0tq6e','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.693Z","detail":{"hint":"redir_live_oNVL****...****Wehl","mode":"live","name":"ʼnew"},"id":"evt_01m8hjesw6my7zvgg7ypx5kdq1","key":"key_01m8hjesw59ej3fgncymp0tq6e","previousHash":"a49bee6b2d42dfe793e18abea0671dc46fa31d2a945a383c9e1ac41c1acd217c","project":"prj_01m8hjesjt84dt212qdazcys91","seq":29}','deb4b55cd794dd030d56230a058c55f6fbfc524e1bc3004e2f8118336b012bc3');
INSERT INTO "audit_events" VALUES(30,1795886114698,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjeswb1atxk4sryvxvp9q4','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.698Z","detail":{"hint":"redir_live_xXq0****...****RJnC","mode":"live","name":"Ꭰꭰ"},"id":"evt_01m8hjeswbrj98t71b5mt0ch7m","key":"key_01m8hjeswb1atxk4sryvxvp9q4","previousHash":"deb4b55cd794dd030d56230a058c55f6fbfc524e1bc3004e2f8118336b012bc3","project":"prj_01m8hjesjt84dt212qdazcys91","seq":30}','1775ab13fedd4c1120c6a73bc768b18191d44435bd15c1bb0d13d8d0f2113a99');
INSERT INTO "audit_events" VALUES(31,1795886114703,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjeswf495556tctssm4bkt','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.703Z","detail":{"hint":"redir_live_bHWz****...****u0hX","mode":"live","name":"K-kelvin"},"id":"evt_01m8hjeswfbvdfyyng22965n85","key":"key_01m8hjeswf495556tctssm4bkt","previousHash":"1775ab13fedd4c1120c6a73bc768b18191d44435bd15c1bb0d13d8d0f2113a99","project":"prj_01m8hjesjt84dt212qdazcys91","seq":31}','c147360cf46057ecc8831d6e7cced7dc43b9e0f13d0941281bbe706cfb076497');
INSERT INTO "audit_events" VALUES(32,1795886114708,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjeswmtp16gst7rs63qmta','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.708Z","detail":{"hint":"redir_live_O6qz****...****T5Xf","mode":"live","name":"ẞ"},"id":"evt_01m8hjeswn218hr2630382sntx","key":"key_01m8hjeswmtp16gst7rs63qmta","previousHash":"c147360cf46057ecc8831d6e7cced7dc43b9e0f13d0941281bbe706cfb076497","project":"prj_01m8hjesjt84dt212qdazcys91","seq":32}','91231d479d30e1beb6d22e3edd054ccb51a3133c720a7fbb0c8b43a9f804a281');
INSERT INTO "audit_events" VALUES(33,1795886114713,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjeswsced2t4qdn2serjfg','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.713Z","detail":{"hint":"redir_live_hm6y****...****TeBn","mode":"live","name":"ss"},"id":"evt_01m8hjeswsad8se1txhtvh5786","key":"key_01m8hjeswsced2t4qdn2serjfg","previousHash":"91231d479d30e1beb6d22e3edd054ccb51a3133c720a7fbb0c8b43a9f804a281","project":"prj_01m8hjesjt84dt212qdazcys91","seq":33}','537b58dfd03504202b00c6cc88a2cc05bddce2b82a3ee62e157681ed879a97b0');
INSERT INTO "audit_events" VALUES(34,1795886114738,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesxkdkaxpx47jmxskqkv','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.738Z","detail":{"hint":"redir_live_u0DU****...****qPUZ","mode":"live","name":"école"},"id":"evt_01m8hjesxkdcbtymn5qavmqbtz","key":"key_01m8hjesxkdkaxpx47jmxskqkv","previousHash":"537b58dfd03504202b00c6cc88a2cc05bddce2b82a3ee62e157681ed879a97b0","project":"prj_01m8hjesjt84dt212qdazcys91","seq":34}','8b78fa712b25a0abf085cdbe44b6b6a468606948b81384551ffc603e3df07b04');
INSERT INTO "audit_events" VALUES(35,1795886114758,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesy7m0y8vs0e24pwbd5h','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.758Z","detail":{"hint":"redir_live_oKqK****...****uHpv","mode":"live","name":"plain"},"id":"evt_01m8hjesy7xppwqhbjff4hyrx0","key":"key_01m8hjesy7m0y8vs0e24pwbd5h","previousHash":"8b78fa712b25a0abf085cdbe44b6b6a468606948b81384551ffc603e3df07b04","project":"prj_01m8hjesjt84dt212qdazcys91","seq":35}','543d8e64b62739469fff2ca3b9c39ae40b049818ac22b0ae9153c7ce23e55284');
INSERT INTO "audit_events" VALUES(36,1795886114769,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesyjm1sbtxxtp25trn2k','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.769Z","detail":{"hint":"redir_live_3vSp****...****fWPo","mode":"live","name":"Plain-2"},"id":"evt_01m8hjesyjr179ykqmm8bbj0ps","key":"key_01m8hjesyjm1sbtxxtp25trn2k","previousHash":"543d8e64b62739469fff2ca3b9c39ae40b049818ac22b0ae9153c7ce23e55284","project":"prj_01m8hjesjt84dt212qdazcys91","seq":36}','a66d4a5e759b86fa8fca3828457bc2f90a9a001091af16569f00b9f383510d53');
INSERT INTO "audit_events" VALUES(37,1795886114782,'token:admin','key.created','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesyzsr9xmk7tr6fejsj4','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.782Z","detail":{"hint":"redir_live_cqUC****...****n75f","mode":"live","name":"Café-30"},"id":"evt_01m8hjesyzj7tw875hb7gehngp","key":"key_01m8hjesyzsr9xmk7tr6fejsj4","previousHash":"a66d4a5e759b86fa8fca3828457bc2f90a9a001091af16569f00b9f383510d53","project":"prj_01m8hjesjt84dt212qdazcys91","seq":37}','60d507692133519a969319fd801edcae3ab552be9b077c27463dd4ea0fcff619');
INSERT INTO "audit_events" VALUES(38,1795886114789,'token:admin','key.created','prj_01m8hjesk26q58ear99w0kvhn0','key_01m8hjesz6k8s1c6qjp39erthy','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.789Z","detail":{"hint":"redir_live_RP6q****...****NfBC","mode":"live","name":"ÅNGSTRÖM-31"},"id":"evt_01m8hjesz63rtrj0kzszgbe192","key":"key_01m8hjesz6k8s1c6qjp39erthy","previousHash":"60d507692133519a969319fd801edcae3ab552be9b077c27463dd4ea0fcff619","project":"prj_01m8hjesk26q58ear99w0kvhn0","seq":38}','ecd2077e3008c0279f6c62d31dfa568f857026ace55d1eda3e4c9389af043232');
INSERT INTO "audit_events" VALUES(39,1795886114811,'token:admin','key.created','prj_01m8hjesk8h8n5mm6r2530q0jq','key_01m8hjeszwm078keyzgacnt4ax','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.811Z","detail":{"hint":"redir_live_tUT1****...****wWQz","mode":"live","name":"école-32"},"id":"evt_01m8hjeszw7b587wqtgptxz2qs","key":"key_01m8hjeszwm078keyzgacnt4ax","previousHash":"ecd2077e3008c0279f6c62d31dfa568f857026ace55d1eda3e4c9389af043232","project":"prj_01m8hjesk8h8n5mm6r2530q0jq","seq":39}','331bc3188c52c1d705266490f6a7b141242d32c84027bb96103cf999f576fd04');
INSERT INTO "audit_events" VALUES(40,1795886114831,'token:admin','key.created','prj_01m8hjeskcea3e7v0dft7f4yt5','key_01m8hjet0gpvtv5drnet42xsqz','{"action":"key.created","actor":"token:admin","at":"2026-11-28T17:15:14.831Z","detail":{"hint":"redir_live_dj8c****...****MU3y","mode":"live","name":"ẞ-33"},"id":"evt_01m8hjet0gwsxhwx1t6cxgw0gn","key":"key_01m8hjet0gpvtv5drnet42xsqz","previousHash":"331bc3188c52c1d705266490f6a7b141242d32c84027bb96103cf999f576fd04","project":"prj_01m8hjeskcea3e7v0dft7f4yt5","seq":40}','874eebaf08e2faca4fde29081d75f8c5b329a5bfccbb37966b22a178babbe578');
INSERT INTO "audit_events" VALUES(41,1795886114844,'token:admin','key.renamed','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesq9dj4a17evv8wsggb8','{"action":"key.renamed","actor":"token:admin","at":"2026-11-28T17:15:14.844Z","detail":{"before":"istanbul","hint":"redir_live_QX27****...****uqLH","name":"istanbul-é3"},"id":"evt_01m8hjet0x30gky518ben9866v","key":"key_01m8hjesq9dj4a17evv8wsggb8","previousHash":"874eebaf08e2faca4fde29081d75f8c5b329a5bfccbb37966b22a178babbe578","project":"prj_01m8hjesjt84dt212qdazcys91","seq":41}','865bc33b6d797d34db219943cbe153aaecc0c3938e19b36df301039d83c5b180');
INSERT INTO "audit_events" VALUES(42,1795886114871,'token:admin','key.revoked','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesqj3bcsn3g4g5f4xhqh','{"action":"key.revoked","actor":"token:admin","at":"2026-11-28T17:15:14.871Z","detail":{"hint":"redir_live_Ooxu****...****wjjF","name":"Café","reason":"Grüße: leaked"},"id":"evt_01m8hjet1rxfcatvhm4c7t3p7v","key":"key_01m8hjesqj3bcsn3g4g5f4xhqh","previousHash":"865bc33b6d797d34db219943cbe153aaecc0c3938e19b36df301039d83c5b180","project":"prj_01m8hjesjt84dt212qdazcys91","seq":42}','96779f43f92416fdb7455f72aa4231d5bc08d1fb8ce9ced78d9fc6acb7ce4023');
INSERT INTO "audit_events" VALUES(43,1795886114898,'token:admin','key.revoked','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesrwn9sz5bevbkj5xxyj','{"action":"key.revoked","actor":"token:admin","at":"2026-11-28T17:15:14.898Z","detail":{"hint":"redir_live_7AWa****...****K2lw","name":"Ǆungla","reason":"Grüße: leaked"},"id":"evt_01m8hjet2kx2hq155xyxskbdes","key":"key_01m8hjesrwn9sz5bevbkj5xxyj","previousHash":"96779f43f92416fdb7455f72aa4231d5bc08d1fb8ce9ced78d9fc6acb7ce4023","project":"prj_01m8hjesjt84dt212qdazcys91","seq":43}','241c1cad124bdc390605b6f1d5a319a0f6f846fbdf6c7145421011765b350b19');
INSERT INTO "audit_events" VALUES(44,1795886114916,'token:admin','key.renamed','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjess94rytvgffz6m4w5q6','{"action":"key.renamed","actor":"token:admin","at":"2026-11-28T17:15:14.916Z","detail":{"before":"ﬁle","hint":"redir_live_vf3k****...****4WpD","name":"ﬁle-é10"},"id":"evt_01m8hjet351ed1w26qcy8gwj1g","key":"key_01m8hjess94rytvgffz6m4w5q6","previousHash":"241c1cad124bdc390605b6f1d5a319a0f6f846fbdf6c7145421011765b350b19","project":"prj_01m8hjesjt84dt212qdazcys91","seq":44}','e28de2b26f46394ec4c3489a540f10319546e8a4b21ccefa4936b0fa7e62cdcc');
INSERT INTO "audit_events" VALUES(45,1795886114936,'token:admin','key.revoked','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjest0b9e3kcjpg35db6er','{"action":"key.revoked","actor":"token:admin","at":"2026-11-28T17:15:14.936Z","detail":{"hint":"redir_live_dB02****...****svLo","name":"한국어","reason":"Grüße: leaked"},"id":"evt_01m8hjet3s0ezwemfpyw3pyrz9","key":"key_01m8hjest0b9e3kcjpg35db6er","previousHash":"e28de2b26f46394ec4c3489a540f10319546e8a4b21ccefa4936b0fa7e62cdcc","project":"prj_01m8hjesjt84dt212qdazcys91","seq":45}','8f00cb360bde9c6f9caef4a0a875c7e9ecb1902ef8fa8657f2d3af76012b6465');
INSERT INTO "audit_events" VALUES(46,1795886114953,'token:admin','key.renamed','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesvekyd8rsr0w0z0ec03','{"action":"key.renamed","actor":"token:admin","at":"2026-11-28T17:15:14.953Z","detail":{"before":"ﬀ","hint":"redir_live_HfKZ****...****gvrR","name":"ﬀ-é17"},"id":"evt_01m8hjet4bpfaz0tc5sb3pves3","key":"key_01m8hjesvekyd8rsr0w0z0ec03","previousHash":"8f00cb360bde9c6f9caef4a0a875c7e9ecb1902ef8fa8657f2d3af76012b6465","project":"prj_01m8hjesjt84dt212qdazcys91","seq":46}','7b5f5b82dcb1c8c0a11f8c3857948a0268a8bc1498fe8419af87c054d3cc1004');
INSERT INTO "audit_events" VALUES(47,1795886114962,'token:admin','key.revoked','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesw0184a19pj6zgqx7cy','{"action":"key.revoked","actor":"token:admin","at":"2026-11-28T17:15:14.962Z","detail":{"hint":"redir_live_MjrJ****...****oXA2","name":"ŉew","reason":"Grüße: leaked"},"id":"evt_01m8hjet4kgb9vgad2mcvzkdbr","key":"key_01m8hjesw0184a19pj6zgqx7cy","previousHash":"7b5f5b82dcb1c8c0a11f8c3857948a0268a8bc1498fe8419af87c054d3cc1004","project":"prj_01m8hjesjt84dt212qdazcys91","seq":47}','43a1d558909a17ea1e068929f453fc4734ff66b7d1a8d1d6aef8ccdf51549539');
INSERT INTO "audit_events" VALUES(48,1795886114971,'token:admin','key.revoked','prj_01m8hjesjt84dt212qdazcys91','key_01m8hjeswsced2t4qdn2serjfg','{"action":"key.revoked","actor":"token:admin","at":"2026-11-28T17:15:14.971Z","detail":{"hint":"redir_live_hm6y****...****TeBn","name":"ss","reason":"Grüße: leaked"},"id":"evt_01m8hjet4wgzx0z474yrsfrnq5","key":"key_01m8hjeswsced2t4qdn2serjfg","previousHash":"43a1d558909a17ea1e068929f453fc4734ff66b7d1a8d1d6aef8ccdf51549539","project":"prj_01m8hjesjt84dt212qdazcys91","seq":48}','3392ba4619f5af27c757525555308a9368314304b0518972a95dffad0056d661');
INSERT INTO "audit_events" VALUES(49,1795886114980,'token:admin','key.revoked','prj_01m8hjesk26q58ear99w0kvhn0','key_01m8hjesz6k8s1c6qjp39erthy','{"action":"key.revoked","actor":"token:admin","at":"2026-11-28T17:15:14.980Z","detail":{"hint":"redir_live_RP6q****...****NfBC","name":"ÅNGSTRÖM-31","reason":"Grüße: leaked"},"id":"evt_01m8hjet5557e6ysnx9sq9pbmy","key":"key_01m8hjesz6k8s1c6qjp39erthy","previousHash":"3392ba4619f5af27c757525555308a9368314304b0518972a95dffad0056d661","project":"prj_01m8hjesk26q58ear99w0kvhn0","seq":49}','23ce0d84d1adb2ed87a913f53005a267302b146701ae9071009af77f9a015ada');
INSERT INTO "audit_events" VALUES(50,1795886115010,'token:admin','key.renamed','prj_01m8hjeskcea3e7v0dft7f4yt5','key_01m8hjet0gpvtv5drnet42xsqz','{"action":"key.renamed","actor":"token:admin","at":"2026-11-28T17:15:15.010Z","detail":{"before":"ẞ-33","hint":"redir_live_dj8c****...****MU3y","name":"ẞ-33-é31"},"id":"evt_01m8hjet630y63knam9etg1rbc","key":"key_01m8hjet0gpvtv5drnet42xsqz","previousHash":"23ce0d84d1adb2ed87a913f53005a267302b146701ae9071009af77f9a015ada","project":"prj_01m8hjeskcea3e7v0dft7f4yt5","seq":50}','3754c2f950f1be1d6f29b2d2d75e55974630b4bb384891177eeb53cae78c8721');
CREATE TABLE audit_head (
    id bigint primary key,
    seq bigint not null,
    hash text not null
, searchable bigint not null default 0);
INSERT INTO "audit_head" VALUES(1,50,'3754c2f950f1be1d6f29b2d2d75e55974630b4bb384891177eeb53cae78c8721',0);
CREATE TABLE audit_search (
    seq integer primary key,
    at bigint not null,
    project_id text not null,
    key_id text not null,
    search text not null
);
INSERT INTO "audit_search" VALUES(1,1795886114302,'','','redir_mgmt_nla2****...****x4yv	admin
admin	tok_01m8hjesg0t9xpcrzkcg54z1w5
1
token.created
local:root

');
INSERT INTO "audit_search" VALUES(2,1795886114394,'prj_01m8hjesjt84dt212qdazcys91','','shop

2
project.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
');
INSERT INTO "audit_search" VALUES(3,1795886114402,'prj_01m8hjesk26q58ear99w0kvhn0','','größe

3
project.created
token:admin
prj_01m8hjesk26q58ear99w0kvhn0
');
INSERT INTO "audit_search" VALUES(4,1795886114407,'prj_01m8hjesk8h8n5mm6r2530q0jq','','grösse

4
project.created
token:admin
prj_01m8hjesk8h8n5mm6r2530q0jq
');
INSERT INTO "audit_search" VALUES(5,1795886114412,'prj_01m8hjeskcea3e7v0dft7f4yt5','','zürich

5
project.created
token:admin
prj_01m8hjeskcea3e7v0dft7f4yt5
');
INSERT INTO "audit_search" VALUES(6,1795886114421,'prj_01m8hjesknzgnrzwn6h9hw9ex9','','i̇

6
project.created
token:admin
prj_01m8hjesknzgnrzwn6h9hw9ex9
');
INSERT INTO "audit_search" VALUES(7,1795886114440,'','','redir_mgmt_r33j****...****lqtg	ci-ß
member	tok_01m8hjesm99darywmsw6w7031x
7
token.created
token:admin

');
INSERT INTO "audit_search" VALUES(8,1795886114466,'','','redir_mgmt_eqmx****...****d2eq	ci-ss
member	tok_01m8hjesn2yxj2ae6ejnzwd1g2
8
token.created
token:admin

');
INSERT INTO "audit_search" VALUES(9,1795886114489,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesntf3wt78ev751xmz9n','redir_live_latq****...****b7h4	straße
live
9
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesntf3wt78ev751xmz9n');
INSERT INTO "audit_search" VALUES(10,1795886114510,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjespfdkmz153jbz2q72f0','redir_live_8aoq****...****6iym	strasse
live
10
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjespfdkmz153jbz2q72f0');
INSERT INTO "audit_search" VALUES(11,1795886114530,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesq2qx4pj9ytw2ynvn55','redir_live_sh4m****...****f7au	i̇stanbul
live
11
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesq2qx4pj9ytw2ynvn55');
INSERT INTO "audit_search" VALUES(12,1795886114537,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesq9dj4a17evv8wsggb8','redir_live_qx27****...****uqlh	istanbul
live
12
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesq9dj4a17evv8wsggb8');
INSERT INTO "audit_search" VALUES(13,1795886114545,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesqj3bcsn3g4g5f4xhqh','redir_live_ooxu****...****wjjf	café
live
13
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesqj3bcsn3g4g5f4xhqh');
INSERT INTO "audit_search" VALUES(14,1795886114553,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesqta0cse6zm34ms78rh','redir_live_bfyb****...****bvsg	cafe
live
14
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesqta0cse6zm34ms78rh');
INSERT INTO "audit_search" VALUES(15,1795886114559,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesr0a492bqzvk7t0jk6e','redir_live_0cns****...****gvnw	café-2
live
15
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesr0a492bqzvk7t0jk6e');
INSERT INTO "audit_search" VALUES(16,1795886114564,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesr48yya8323kzxe46yr','redir_live_fthf****...****rmha	οδος
live
16
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesr48yya8323kzxe46yr');
INSERT INTO "audit_search" VALUES(17,1795886114569,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesraybq1zb052s884dn0','redir_live_4ho3****...****naip	οδοσ
live
17
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesraybq1zb052s884dn0');
INSERT INTO "audit_search" VALUES(18,1795886114587,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesrwn9sz5bevbkj5xxyj','redir_live_7awa****...****k2lw	ǆungla
live
18
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesrwn9sz5bevbkj5xxyj');
INSERT INTO "audit_search" VALUES(19,1795886114601,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjess94rytvgffz6m4w5q6','redir_live_vf3k****...****4wpd	ﬁle
live
19
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjess94rytvgffz6m4w5q6');
INSERT INTO "audit_search" VALUES(20,1795886114606,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjessfd4zs8pk23y49t0kd','redir_live_bqpm****...****bocx	file
live
20
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjessfd4zs8pk23y49t0kd');
INSERT INTO "audit_search" VALUES(21,1795886114611,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjessmvx9zzx31h9c8wty7','redir_live_e1jg****...****vjqd	ω-ohm
live
21
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjessmvx9zzx31h9c8wty7');
INSERT INTO "audit_search" VALUES(22,1795886114619,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjessvekm5r04eps9v77es','redir_live_t8au****...****zmrz	naïve
live
22
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjessvekm5r04eps9v77es');
INSERT INTO "audit_search" VALUES(23,1795886114623,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjest0b9e3kcjpg35db6er','redir_live_db02****...****svlo	한국어
live
23
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjest0b9e3kcjpg35db6er');
INSERT INTO "audit_search" VALUES(24,1795886114628,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjest53jknh8wn2e9cfxnh','redir_live_uxrr****...****es2y	日本語
live
24
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjest53jknh8wn2e9cfxnh');
INSERT INTO "audit_search" VALUES(25,1795886114650,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjestvzex5tge3h2kdp67m','redir_live_tjiu****...****wtgf	ångström
live
25
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjestvzex5tge3h2kdp67m');
INSERT INTO "audit_search" VALUES(26,1795886114670,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesvekyd8rsr0w0z0ec03','redir_live_hfkz****...****gvrr	ﬀ
live
26
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesvekyd8rsr0w0z0ec03');
INSERT INTO "audit_search" VALUES(27,1795886114682,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesvt2hecq6bp5rkdgn78','redir_live_kylf****...****r03n	ff
live
27
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesvt2hecq6bp5rkdgn78');
INSERT INTO "audit_search" VALUES(28,1795886114687,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesw0184a19pj6zgqx7cy','redir_live_mjrj****...****oxa2	ŉew
live
28
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesw0184a19pj6zgqx7cy');
INSERT INTO "audit_search" VALUES(29,1795886114693,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesw59ej3fgncymp0tq6e','redir_live_onvl****...****wehl	ʼnew
live
29
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesw59ej3fgncymp0tq6e');
INSERT INTO "audit_search" VALUES(30,1795886114698,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjeswb1atxk4sryvxvp9q4','redir_live_xxq0****...****rjnc	ꭰꭰ
live
30
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjeswb1atxk4sryvxvp9q4');
INSERT INTO "audit_search" VALUES(31,1795886114703,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjeswf495556tctssm4bkt','redir_live_bhwz****...****u0hx	k-kelvin
live
31
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjeswf495556tctssm4bkt');
INSERT INTO "audit_search" VALUES(32,1795886114708,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjeswmtp16gst7rs63qmta','redir_live_o6qz****...****t5xf	ß
live
32
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjeswmtp16gst7rs63qmta');
INSERT INTO "audit_search" VALUES(33,1795886114713,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjeswsced2t4qdn2serjfg','redir_live_hm6y****...****tebn	ss
live
33
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjeswsced2t4qdn2serjfg');
INSERT INTO "audit_search" VALUES(34,1795886114738,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesxkdkaxpx47jmxskqkv','redir_live_u0du****...****qpuz	école
live
34
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesxkdkaxpx47jmxskqkv');
INSERT INTO "audit_search" VALUES(35,1795886114758,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesy7m0y8vs0e24pwbd5h','redir_live_okqk****...****uhpv	plain
live
35
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesy7m0y8vs0e24pwbd5h');
INSERT INTO "audit_search" VALUES(36,1795886114769,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesyjm1sbtxxtp25trn2k','redir_live_3vsp****...****fwpo	plain-2
live
36
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesyjm1sbtxxtp25trn2k');
INSERT INTO "audit_search" VALUES(37,1795886114782,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesyzsr9xmk7tr6fejsj4','redir_live_cquc****...****n75f	café-30
live
37
key.created
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesyzsr9xmk7tr6fejsj4');
INSERT INTO "audit_search" VALUES(38,1795886114789,'prj_01m8hjesk26q58ear99w0kvhn0','key_01m8hjesz6k8s1c6qjp39erthy','redir_live_rp6q****...****nfbc	ångström-31
live
38
key.created
token:admin
prj_01m8hjesk26q58ear99w0kvhn0
key_01m8hjesz6k8s1c6qjp39erthy');
INSERT INTO "audit_search" VALUES(39,1795886114811,'prj_01m8hjesk8h8n5mm6r2530q0jq','key_01m8hjeszwm078keyzgacnt4ax','redir_live_tut1****...****wwqz	école-32
live
39
key.created
token:admin
prj_01m8hjesk8h8n5mm6r2530q0jq
key_01m8hjeszwm078keyzgacnt4ax');
INSERT INTO "audit_search" VALUES(40,1795886114831,'prj_01m8hjeskcea3e7v0dft7f4yt5','key_01m8hjet0gpvtv5drnet42xsqz','redir_live_dj8c****...****mu3y	ß-33
live
40
key.created
token:admin
prj_01m8hjeskcea3e7v0dft7f4yt5
key_01m8hjet0gpvtv5drnet42xsqz');
INSERT INTO "audit_search" VALUES(41,1795886114844,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesq9dj4a17evv8wsggb8','istanbul	redir_live_qx27****...****uqlh	istanbul-é3

41
key.renamed
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesq9dj4a17evv8wsggb8');
INSERT INTO "audit_search" VALUES(42,1795886114871,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesqj3bcsn3g4g5f4xhqh','redir_live_ooxu****...****wjjf	café
grüße: leaked
42
key.revoked
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesqj3bcsn3g4g5f4xhqh');
INSERT INTO "audit_search" VALUES(43,1795886114898,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesrwn9sz5bevbkj5xxyj','redir_live_7awa****...****k2lw	ǆungla
grüße: leaked
43
key.revoked
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesrwn9sz5bevbkj5xxyj');
INSERT INTO "audit_search" VALUES(44,1795886114916,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjess94rytvgffz6m4w5q6','ﬁle	redir_live_vf3k****...****4wpd	ﬁle-é10

44
key.renamed
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjess94rytvgffz6m4w5q6');
INSERT INTO "audit_search" VALUES(45,1795886114936,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjest0b9e3kcjpg35db6er','redir_live_db02****...****svlo	한국어
grüße: leaked
45
key.revoked
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjest0b9e3kcjpg35db6er');
INSERT INTO "audit_search" VALUES(46,1795886114953,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesvekyd8rsr0w0z0ec03','ﬀ	redir_live_hfkz****...****gvrr	ﬀ-é17

46
key.renamed
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesvekyd8rsr0w0z0ec03');
INSERT INTO "audit_search" VALUES(47,1795886114962,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjesw0184a19pj6zgqx7cy','redir_live_mjrj****...****oxa2	ŉew
grüße: leaked
47
key.revoked
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjesw0184a19pj6zgqx7cy');
INSERT INTO "audit_search" VALUES(48,1795886114971,'prj_01m8hjesjt84dt212qdazcys91','key_01m8hjeswsced2t4qdn2serjfg','redir_live_hm6y****...****tebn	ss
grüße: leaked
48
key.revoked
token:admin
prj_01m8hjesjt84dt212qdazcys91
key_01m8hjeswsced2t4qdn2serjfg');
INSERT INTO "audit_search" VALUES(49,1795886114980,'prj_01m8hjesk26q58ear99w0kvhn0','key_01m8hjesz6k8s1c6qjp39erthy','redir_live_rp6q****...****nfbc	ångström-31
grüße: leaked
49
key.revoked
token:admin
prj_01m8hjesk26q58ear99w0kvhn0
key_01m8hjesz6k8s1c6qjp39erthy');
INSERT INTO "audit_search" VALUES(50,1795886115010,'prj_01m8hjeskcea3e7v0dft7f4yt5','key_01m8hjet0gpvtv5drnet42xsqz','ß-33	redir_live_dj8c****...****mu3y	ß-33-é31

50
key.renamed
token:admin
prj_01m8hjeskcea3e7v0dft7f4yt5
key_01m8hjet0gpvtv5drnet42xsqz');
CREATE TABLE deployments (
    project_id text not null references projects (id),
    version bigint not null,
    created_at bigint not null,
    created_by text not null,
    rules bigint not null,
    shadowed text not null,
    primary key (project_id, version)
);
CREATE TABLE key_callers (
    key_id text not null references api_keys (id),
    address text not null,
    first_at bigint not null,
    last_at bigint not null,
    allowed bigint not null,
    refused bigint not null,
    primary key (key_id, address)
);
INSERT INTO "key_callers" VALUES('key_01m8hjesntf3wt78ev751xmz9n','127.0.0.1',1795886114841,1795886114841,1,0);
INSERT INTO "key_callers" VALUES('key_01m8hjesr0a492bqzvk7t0jk6e','127.0.0.1',1795886114894,1795886114894,1,0);
INSERT INTO "key_callers" VALUES('key_01m8hjessmvx9zzx31h9c8wty7','127.0.0.1',1795886114933,1795886114933,1,0);
INSERT INTO "key_callers" VALUES('key_01m8hjest53jknh8wn2e9cfxnh','127.0.0.1',1795886114950,1795886114950,1,0);
INSERT INTO "key_callers" VALUES('key_01m8hjesvt2hecq6bp5rkdgn78','127.0.0.1',1795886114959,1795886114959,1,0);
INSERT INTO "key_callers" VALUES('key_01m8hjeswb1atxk4sryvxvp9q4','127.0.0.1',1795886114969,1795886114969,1,0);
INSERT INTO "key_callers" VALUES('key_01m8hjesyjm1sbtxxtp25trn2k','127.0.0.1',1795886114978,1795886114978,1,0);
INSERT INTO "key_callers" VALUES('key_01m8hjeszwm078keyzgacnt4ax','127.0.0.1',1795886115007,1795886115007,0,1);
CREATE TABLE once (
    scope text not null,
    route text not null,
    key text not null,
    fingerprint text not null,
    made text not null,
    at bigint not null,
    primary key (scope, route, key)
);
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
);
INSERT INTO "projects" VALUES('prj_01m8hjesjt84dt212qdazcys91','Shop','shop',1795886114394,0,2,0,0,0);
INSERT INTO "projects" VALUES('prj_01m8hjesk26q58ear99w0kvhn0','Größe','größe',1795886114402,0,3,0,0,0);
INSERT INTO "projects" VALUES('prj_01m8hjesk8h8n5mm6r2530q0jq','GRÖSSE','grösse',1795886114407,0,4,0,0,0);
INSERT INTO "projects" VALUES('prj_01m8hjeskcea3e7v0dft7f4yt5','Zürich','zürich',1795886114412,0,5,0,0,0);
INSERT INTO "projects" VALUES('prj_01m8hjesknzgnrzwn6h9hw9ex9','İ','i̇',1795886114421,0,6,0,0,0);
CREATE TABLE rule_chunks (
    project_id text not null references projects (id),
    version bigint not null,
    number bigint not null,
    rules text not null,
    primary key (project_id, version, number)
);
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
INSERT INTO "tokens" VALUES('tok_01m8hjesg0t9xpcrzkcg54z1w5','admin','admin',2,'nla2','x4YV',1,X'645C94E07923016035E7DB2452A21BAF',X'260878E6B1CC598C5FE869E3F1207D6257C753A0E444E35C7756E2DC3FEB7AB7',1795886114302,'local:root',0,'',1);
INSERT INTO "tokens" VALUES('tok_01m8hjesm99darywmsw6w7031x','CI-ß','ci-ß',1,'R33j','Lqtg',1,X'9F38C03CB3FAC734E4E21B3B06AFC337',X'D11E8C14F38722AC5D0CE2BFB7640DEA20B52DC4D7F0FD48B45049C47B8AAD1D',1795886114440,'token:admin',0,'',7);
INSERT INTO "tokens" VALUES('tok_01m8hjesn2yxj2ae6ejnzwd1g2','CI-SS','ci-ss',1,'EQmX','d2Eq',1,X'A013137C47E43CD3D5602D6F165118C0',X'7ABEB276E6ACB01EC5F0D9D13A73798964A0E659C72CC356F67FF561BC7165EB',1795886114466,'token:admin',0,'',8);
CREATE TABLE usage_days (
    key_id text not null references api_keys (id),
    day bigint not null,
    allowed bigint not null,
    limited bigint not null,
    refused bigint not null,
    primary key (key_id, day)
);
INSERT INTO "usage_days" VALUES('key_01m8hjesntf3wt78ev751xmz9n',20785,1,0,0);
INSERT INTO "usage_days" VALUES('key_01m8hjesr0a492bqzvk7t0jk6e',20785,1,0,0);
INSERT INTO "usage_days" VALUES('key_01m8hjessmvx9zzx31h9c8wty7',20785,1,0,0);
INSERT INTO "usage_days" VALUES('key_01m8hjest53jknh8wn2e9cfxnh',20785,1,0,0);
INSERT INTO "usage_days" VALUES('key_01m8hjesvt2hecq6bp5rkdgn78',20785,1,0,0);
INSERT INTO "usage_days" VALUES('key_01m8hjeswb1atxk4sryvxvp9q4',20785,1,0,0);
INSERT INTO "usage_days" VALUES('key_01m8hjesyjm1sbtxxtp25trn2k',20785,1,0,0);
INSERT INTO "usage_days" VALUES('key_01m8hjeszwm078keyzgacnt4ax',20785,0,0,1);
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
COMMIT;
