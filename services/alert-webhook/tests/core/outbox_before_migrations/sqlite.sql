BEGIN TRANSACTION;
CREATE TABLE alerts (
	alert_id TEXT NOT NULL, 
	revision BIGINT NOT NULL, 
	received_at_ms BIGINT NOT NULL, 
	written_at_ms BIGINT NOT NULL, 
	partition INTEGER NOT NULL, 
	"offset" BIGINT NOT NULL, 
	account_id TEXT NOT NULL, 
	transaction_id TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	score FLOAT NOT NULL, 
	amount_eur FLOAT NOT NULL, 
	body TEXT NOT NULL, 
	handling TEXT NOT NULL, 
	cause TEXT, 
	episode_id TEXT, 
	digest_id TEXT, 
	is_fraud BOOLEAN, 
	decided_by TEXT, 
	decided_at_ms BIGINT, 
	PRIMARY KEY (alert_id)
);
INSERT INTO "alerts" VALUES('alert:t0',16,1780000000000,1779999999980,0,0,'acct-0','t0','high',0.71,12.5,'{"schema_version":1,"alert_id":"alert:t0","transaction":{"schema_version":1,"transaction_id":"t0","account_id":"acct-0","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}','message',NULL,'episode:t0',NULL,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES('alert:t1',20,1780000001000,1780000000980,0,1,'acct-1','t1','high',0.71,12.5,'{"schema_version":1,"alert_id":"alert:t1","transaction":{"schema_version":1,"transaction_id":"t1","account_id":"acct-1","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}','message',NULL,'episode:t1',NULL,0,'ben (slack:U1)',1780000061000);
INSERT INTO "alerts" VALUES('alert:t2',21,1780000002000,1780000001980,0,2,'acct-2','t2','high',0.71,12.5,'{"schema_version":1,"alert_id":"alert:t2","transaction":{"schema_version":1,"transaction_id":"t2","account_id":"acct-2","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}','digest','rate','episode:t2','digest:alert:t2',NULL,NULL,NULL);
INSERT INTO "alerts" VALUES('alert:t3',10,1780000003000,1780000002980,0,3,'acct-3','t3','high',0.71,12.5,'{"schema_version":1,"alert_id":"alert:t3","transaction":{"schema_version":1,"transaction_id":"t3","account_id":"acct-3","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}','digest','rate','episode:t3','digest:alert:t2',NULL,NULL,NULL);
INSERT INTO "alerts" VALUES('alert:t4',15,1780000004000,1780000003980,0,4,'acct-0','t4','high',0.71,12.5,'{"schema_version":1,"alert_id":"alert:t4","transaction":{"schema_version":1,"transaction_id":"t4","account_id":"acct-0","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}','thread',NULL,'episode:t0',NULL,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES('alert:t5',6,1780000005000,1780000004980,0,5,'acct-1','t5','high',0.71,12.5,'{"schema_version":1,"alert_id":"alert:t5","transaction":{"schema_version":1,"transaction_id":"t5","account_id":"acct-1","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}','thread',NULL,'episode:t1',NULL,NULL,NULL,NULL);
INSERT INTO "alerts" VALUES('alert:t6',11,1780000006000,1780000005980,0,6,'acct-2','t6','high',0.71,12.5,'{"schema_version":1,"alert_id":"alert:t6","transaction":{"schema_version":1,"transaction_id":"t6","account_id":"acct-2","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}','digest','rate','episode:t2','digest:alert:t2',NULL,NULL,NULL);
INSERT INTO "alerts" VALUES('alert:t7',12,1780000007000,1780000006980,0,7,'acct-3','t7','high',0.71,12.5,'{"schema_version":1,"alert_id":"alert:t7","transaction":{"schema_version":1,"transaction_id":"t7","account_id":"acct-3","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}','digest','rate','episode:t3','digest:alert:t2',NULL,NULL,NULL);
CREATE TABLE counters (
	name TEXT NOT NULL, 
	value BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "counters" VALUES('revision',21);
CREATE TABLE decisions (
	alert_id TEXT NOT NULL, 
	person TEXT NOT NULL, 
	is_fraud BOOLEAN NOT NULL, 
	decided_at_ms BIGINT NOT NULL, 
	channel TEXT NOT NULL, 
	PRIMARY KEY (alert_id, person)
);
INSERT INTO "decisions" VALUES('alert:t1','anna',1,1780000060000,'page');
INSERT INTO "decisions" VALUES('alert:t1','slack:U1',0,1780000061000,'slack');
CREATE TABLE deliveries (
	delivery_id INTEGER NOT NULL, 
	receiver TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	alert_id TEXT, 
	body TEXT NOT NULL, 
	state TEXT NOT NULL, 
	queued_at_ms BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	problem TEXT, 
	settled_at_ms BIGINT, 
	reference TEXT, 
	PRIMARY KEY (delivery_id)
);
INSERT INTO "deliveries" VALUES(1,'hook','alert:t0','alert','alert:t0','{}','accepted',1780000000000,1,NULL,1780000009000,'C1/1780000000.1');
INSERT INTO "deliveries" VALUES(2,'slack','alert:t0','alert','alert:t0','{}','accepted',1780000000000,1,NULL,1780000009000,'C1/1780000000.1');
INSERT INTO "deliveries" VALUES(3,'hook','alert:t1','alert','alert:t1','{}','dead',1780000001000,1,'it answers 400',1780000009500,NULL);
INSERT INTO "deliveries" VALUES(4,'slack','alert:t1','alert','alert:t1','{}','dead',1780000001000,1,'it answers 400',1780000009500,NULL);
INSERT INTO "deliveries" VALUES(5,'hook','alert:t2','alert','alert:t2','{}','waiting',1780000002000,1,'it answers 503',NULL,NULL);
INSERT INTO "deliveries" VALUES(6,'hook','alert:t3','alert','alert:t3','{}','waiting',1780000003000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(7,'hook','alert:t4','alert','alert:t4','{}','waiting',1780000004000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(8,'slack','alert:t4','thread','alert:t4','{}','waiting',1780000004000,1,'it answers 503',NULL,NULL);
INSERT INTO "deliveries" VALUES(9,'hook','alert:t5','alert','alert:t5','{}','waiting',1780000005000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(10,'slack','alert:t5','thread','alert:t5','{}','waiting',1780000005000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(11,'hook','alert:t6','alert','alert:t6','{}','waiting',1780000006000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(12,'hook','alert:t7','alert','alert:t7','{}','waiting',1780000007000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(13,'slack','digest:alert:t2','digest',NULL,'{}','waiting',1780000600000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(14,'labels','label:alert:t1:19','label','alert:t1','{"schema_version":1,"transaction_id":"t1","account_id":"acct-1","is_fraud":true,"scenario":null,"source":"analyst","labelled_at_ms":1780000060000,"labelled_by":"anna"}','waiting',1780000060000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(15,'slack','decision:alert:t1:19','decision','alert:t1','{}','waiting',1780000060000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(16,'hook','decision:alert:t1:19','decision','alert:t1','{"is_fraud":true,"decided_by":"anna","decided_at_ms":1780000060000}','waiting',1780000060000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(17,'labels','label:alert:t1:20','label','alert:t1','{"schema_version":1,"transaction_id":"t1","account_id":"acct-1","is_fraud":false,"scenario":null,"source":"analyst","labelled_at_ms":1780000061000,"labelled_by":"slack:U1"}','waiting',1780000061000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(18,'slack','decision:alert:t1:20','decision','alert:t1','{}','waiting',1780000061000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(19,'hook','decision:alert:t1:20','decision','alert:t1','{"is_fraud":false,"decided_by":"slack:U1","decided_at_ms":1780000061000}','waiting',1780000061000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(20,'hook','decision:alert:t2:21','decision','alert:t2','{"snoozed_until_ms":1780086462000,"snoozed_by":"anna","snoozed_at_ms":1780000062000}','waiting',1780000062000,0,NULL,NULL,NULL);
INSERT INTO "deliveries" VALUES(21,'slack','operations:1','operations',NULL,'{"status":"firing","title":"lag"}','waiting',1780000000000,0,NULL,NULL,NULL);
CREATE TABLE episodes (
	episode_id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	first_alert_id TEXT NOT NULL, 
	opened_at_ms BIGINT NOT NULL, 
	last_alert_at_ms BIGINT NOT NULL, 
	alert_count INTEGER NOT NULL, 
	PRIMARY KEY (episode_id)
);
INSERT INTO "episodes" VALUES('episode:t0','acct-0','alert:t0',1780000000000,1780000004000,2);
INSERT INTO "episodes" VALUES('episode:t1','acct-1','alert:t1',1780000001000,1780000005000,2);
INSERT INTO "episodes" VALUES('episode:t2','acct-2','alert:t2',1780000002000,1780000006000,2);
INSERT INTO "episodes" VALUES('episode:t3','acct-3','alert:t3',1780000003000,1780000007000,2);
CREATE TABLE login_failures (
	failure_id INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	person TEXT NOT NULL, 
	failed_at_ms BIGINT NOT NULL, 
	PRIMARY KEY (failure_id)
);
INSERT INTO "login_failures" VALUES(1,'192.0.2.7','b124aadd6552611e1b7d0b4e368a7b25e8a8276608631823493571d78c7bc03f',1780000000000);
CREATE TABLE positions (
	topic TEXT NOT NULL, 
	partition INTEGER NOT NULL, 
	next_offset BIGINT NOT NULL, 
	PRIMARY KEY (topic, partition)
);
INSERT INTO "positions" VALUES('transactions.alerts',0,8);
CREATE TABLE secrets (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "secrets" VALUES('session_key','session-key-of-this-dump');
CREATE TABLE slack_requests (
	signature TEXT NOT NULL, 
	received_at_ms BIGINT NOT NULL, 
	PRIMARY KEY (signature)
);
INSERT INTO "slack_requests" VALUES('v0=1',1780000000000);
CREATE TABLE snoozes (
	account_id TEXT NOT NULL, 
	feature TEXT NOT NULL, 
	until_ms BIGINT NOT NULL, 
	person TEXT NOT NULL, 
	alert_id TEXT NOT NULL, 
	PRIMARY KEY (account_id, feature)
);
INSERT INTO "snoozes" VALUES('acct-2','amount_over_usual',1780086462000,'anna','alert:t2');
CREATE INDEX alert_waits ON alerts (received_at_ms) WHERE handling = 'digest' AND digest_id IS NULL;
CREATE INDEX alert_digest ON alerts (digest_id) WHERE digest_id IS NOT NULL;
CREATE INDEX ix_alerts_episode_id ON alerts (episode_id);
CREATE INDEX ix_alerts_revision ON alerts (revision);
CREATE INDEX ix_alerts_received_at_ms ON alerts (received_at_ms);
CREATE INDEX ix_alerts_account_id ON alerts (account_id);
CREATE INDEX ix_episodes_account_id ON episodes (account_id);
CREATE INDEX delivery_rate ON deliveries (receiver, settled_at_ms);
CREATE UNIQUE INDEX delivery_once ON deliveries (receiver, message_id);
CREATE INDEX delivery_state ON deliveries (state, receiver, queued_at_ms);
CREATE INDEX ix_deliveries_alert_id ON deliveries (alert_id);
CREATE INDEX delivery_queue ON deliveries (receiver, state, delivery_id);
CREATE INDEX ix_slack_requests_received_at_ms ON slack_requests (received_at_ms);
CREATE INDEX ix_login_failures_failed_at_ms ON login_failures (failed_at_ms);
COMMIT;
