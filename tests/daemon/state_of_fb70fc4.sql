-- A state.db that wandbwatch wrote before its modules were rearranged (commit fb70fc4):
-- two live messages are posted, three messages wait because Discord answered 503.
-- Only the plot (x.png) is replaced, by one of one pixel.
BEGIN TRANSACTION;
CREATE TABLE experiment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch INTEGER NOT NULL,          -- the id of the first asked for together
    jobs INTEGER NOT NULL,           -- how many of its batch run at once
    plan TEXT NOT NULL,
    phase TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked REAL NOT NULL,
    detached INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    started REAL,
    ended REAL,
    code INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    pid INTEGER,
    born INTEGER,                    -- with the pid: one process for all time
    log TEXT NOT NULL DEFAULT '',
    directory TEXT NOT NULL DEFAULT '',
    score REAL,
    request TEXT NOT NULL DEFAULT '',  -- int, term, kill: what somebody asked for
    once TEXT                        -- of one key, only one batch is taken on
);
CREATE TABLE file (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (message, position)
);
INSERT INTO "file" VALUES(5,0,'x.png',X'89504E470D0A1A0A0000000D49484452000000010000000108000000003A7E9B550000000A49444154789C636000000002000148AFA4710000000049454E44AE426082');
CREATE TABLE live (
    channel TEXT NOT NULL,
    subscription TEXT NOT NULL,
    place TEXT NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (channel, subscription, place)
);
INSERT INTO "live" VALUES('lab','board','0','1500000000000000001');
INSERT INTO "live" VALUES('lab','watch','@a44b6821 firing elk 1795916819 x > 5#0','1500000000000000005');
CREATE TABLE memory (
    subscription TEXT NOT NULL,
    line TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (subscription, line, key)
);
INSERT INTO "memory" VALUES('life','events ./runs','alerts','{}');
INSERT INTO "memory" VALUES('life','events ./runs','crashes','[{},0]');
INSERT INTO "memory" VALUES('board','','last','["2026-11-29T01:47:03.179447+00:00", {"content": "0f0caf4fe61a1d74cb59a58c3219fdbb4068726eca62e597211b0b277add0146"}, {"content": "65d956117bf10213bc658cf1034be971c18db1f68b4864b3a88a7853f9c1ecf6"}]');
INSERT INTO "memory" VALUES('life','events ./runs','runs','{"shape":1,"at":1795916888.195,"horizon":0.0,"going":{"elk":[1795916811.591,3,1795916817.877,2,6.28600001335144,false,"","",0.0]},"scopes":{"idle":[0.0,{"failed":1}]},"best":{}}');
INSERT INTO "memory" VALUES('life','events ./runs','ended','{"owl":["failed",1795916750.0,2.0,2,1795916748.0]}');
INSERT INTO "memory" VALUES('life','','last','["2026-11-29T01:48:07.764845+00:00", {"bad life of owl failed (gpt/owl)": "", "content": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}, {"content": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]');
INSERT INTO "memory" VALUES('watch','alert ./runs --when ''x > 5''','alerts','[1,1795916890.878821,{"elk":[1795916890.878821,{"x > 5":[1795916819.380256,1795916819.380256,1795916819.380256,1795916890.878821,1,1795916819.380256]}]},{}]');
INSERT INTO "memory" VALUES('watch','','last','["2026-11-29T01:48:10.326208+00:00", {"content": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}, {"bad life of elk: x > 5 (gpt/elk)": "", "content": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]');
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of telling
    channel TEXT NOT NULL,
    subscription TEXT NOT NULL,
    slot TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    place TEXT NOT NULL,             -- in the subscription: what an edit edits
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    edit INTEGER NOT NULL,
    body TEXT NOT NULL,
    created REAL NOT NULL,
    expires REAL,
    state TEXT NOT NULL DEFAULT 'waiting',  -- delivered, superseded, failed, digested
    claimed REAL,                    -- a send was begun and its end not written
    attempts INTEGER NOT NULL DEFAULT 0,   -- in a row that never left
    ambiguous INTEGER NOT NULL DEFAULT 0,  -- sends of unknown fate
    reduced INTEGER NOT NULL DEFAULT 0,    -- it goes as plain text now
    held INTEGER NOT NULL DEFAULT 0,       -- quiet hours have kept it
    not_before REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    ended REAL
);
INSERT INTO "message" VALUES(1,'lab','board','2026-11-29T01:46:49.148319+00:00',0,'0','report','info',1,'',1.79591680968891310695e+09,NULL,'delivered',NULL,0,0,0,0,0.0,'',1.79591680996104097363e+09);
INSERT INTO "message" VALUES(2,'lab','board','2026-11-29T01:46:55.251441+00:00',0,'0','report','info',1,'',1.79591681567923593522e+09,NULL,'delivered',NULL,0,0,0,0,0.0,'',1.79591681601031899449e+09);
INSERT INTO "message" VALUES(3,'lab','watch','2026-11-29T01:46:58.820529+00:00',10000,'@a44b6821 firing elk 1795916819 x > 5#0','event','bad',1,'',1.79591681947091293333e+09,NULL,'delivered',NULL,0,0,0,0,0.0,'',1795916820.98602);
INSERT INTO "message" VALUES(4,'lab','board','2026-11-29T01:47:03.179447+00:00',0,'0','report','info',1,'{"embeds": [{"color": 5213943, "title": "gpt in ./runs", "description": "✗ **life of owl** (owl) **failed**\n-# created <t:1795916748:R> · runtime 2s · last step 2\n\n▸ **life of elk** (elk) running\n-# created <t:1795916748:R> · runtime 3s · last step 3"}], "allowed_mentions": {"parse": []}, "attachments": []}',1.79591682371426391599e+09,NULL,'waiting',NULL,8,0,0,0,1.79591707910942888258e+09,'130000 API resource is currently overloaded.',NULL);
INSERT INTO "message" VALUES(5,'lab','life','2026-11-29T01:48:07.764845+00:00',10000,'10000','event','bad',0,'{"embeds": [{"color": 15875906, "title": "✗ life of owl failed (gpt/owl)", "description": "**run**\nstate **✗ failed** · exit code **1** · runtime **2s** · last step **2** · last heard <t:1795916750:R>\n\n**values**\n```\nvalue  last  best\nx      3     +200%\n```\n-# best of the others, with the smallest x, 1: life of elk (elk)\n-# it printed nothing that was kept"}, {"color": 15875906, "title": "x", "description": "life of owl (owl) **3**", "image": {"url": "attachment://x.png"}}], "allowed_mentions": {"parse": []}, "attachments": [{"id": 0, "filename": "x.png", "description": "x over wall: life of owl"}]}',1.79591688820327591898e+09,NULL,'waiting',NULL,0,0,0,0,0.0,'',NULL);
INSERT INTO "message" VALUES(6,'lab','watch','2026-11-29T01:48:10.326208+00:00',10000,'@a44b6821 resolved elk 1795916819 x > 5#0','event','info',1,'{"embeds": [{"color": 2336090, "title": "✓ life of elk: no longer x \\> 5 (gpt/elk)", "description": "-# x is 1; for 1m 11s\n\n**run**\n```\nstate      ▸ running\nruntime    3s\nlast step  3\n```"}], "allowed_mentions": {"parse": []}, "attachments": []}',1.79591689095379209513e+09,NULL,'waiting',NULL,0,0,0,0,0.0,'',NULL);
CREATE TABLE sent (lane TEXT NOT NULL, at REAL NOT NULL);
INSERT INTO "sent" VALUES('11',1.79591680995356702803e+09);
INSERT INTO "sent" VALUES('11',1.79591681599482488633e+09);
INSERT INTO "sent" VALUES('11',1.79591682097098588946e+09);
INSERT INTO "sent" VALUES('11',1.79591682404965901371e+09);
INSERT INTO "sent" VALUES('11',1795916825.05688);
INSERT INTO "sent" VALUES('11',1.79591682706292104718e+09);
INSERT INTO "sent" VALUES('11',1.7959168310710260868e+09);
INSERT INTO "sent" VALUES('11',1.79591683907920789719e+09);
INSERT INTO "sent" VALUES('11',1795916855.08649);
INSERT INTO "sent" VALUES('11',1.79591688709424901005e+09);
INSERT INTO "sent" VALUES('11',1.79591695110205698017e+09);
CREATE TABLE slot (job TEXT PRIMARY KEY, slot TEXT NOT NULL);
INSERT INTO "slot" VALUES('board','2026-11-29T01:47:03.179447+00:00');
INSERT INTO "slot" VALUES('life','2026-11-29T01:48:07.764845+00:00');
INSERT INTO "slot" VALUES('watch','2026-11-29T01:48:10.326208+00:00');
CREATE TABLE stopped (channel TEXT PRIMARY KEY, reason TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE thread (channel TEXT PRIMARY KEY, name TEXT NOT NULL, id TEXT NOT NULL);
CREATE INDEX going ON experiment (batch) WHERE phase IN ('waiting', 'running');
CREATE UNIQUE INDEX once ON message (subscription, slot, sequence, channel);
CREATE INDEX line ON message (channel, id) WHERE state = 'waiting';
CREATE INDEX ended ON message (ended);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('message',6);
COMMIT;
PRAGMA user_version = 3;
