CREATE TABLE public.alerts (
    alert_id text NOT NULL,
    revision bigint NOT NULL,
    received_at_ms bigint NOT NULL,
    written_at_ms bigint NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    account_id text NOT NULL,
    transaction_id text NOT NULL,
    severity text NOT NULL,
    score double precision NOT NULL,
    amount_eur double precision NOT NULL,
    body text NOT NULL,
    handling text NOT NULL,
    cause text,
    episode_id text,
    digest_id text,
    is_fraud boolean,
    decided_by text,
    decided_at_ms bigint
);
CREATE TABLE public.counters (
    name text NOT NULL,
    value bigint NOT NULL
);
CREATE TABLE public.decisions (
    alert_id text NOT NULL,
    person text NOT NULL,
    is_fraud boolean NOT NULL,
    decided_at_ms bigint NOT NULL,
    channel text NOT NULL
);
CREATE TABLE public.deliveries (
    delivery_id bigint NOT NULL,
    receiver text NOT NULL,
    message_id text NOT NULL,
    kind text NOT NULL,
    alert_id text,
    body text NOT NULL,
    state text NOT NULL,
    queued_at_ms bigint NOT NULL,
    attempts integer NOT NULL,
    problem text,
    settled_at_ms bigint,
    reference text
);
CREATE SEQUENCE public.deliveries_delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.deliveries_delivery_id_seq OWNED BY public.deliveries.delivery_id;
CREATE TABLE public.episodes (
    episode_id text NOT NULL,
    account_id text NOT NULL,
    first_alert_id text NOT NULL,
    opened_at_ms bigint NOT NULL,
    last_alert_at_ms bigint NOT NULL,
    alert_count integer NOT NULL
);
CREATE TABLE public.login_failures (
    failure_id bigint NOT NULL,
    address text NOT NULL,
    person text NOT NULL,
    failed_at_ms bigint NOT NULL
);
CREATE SEQUENCE public.login_failures_failure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.login_failures_failure_id_seq OWNED BY public.login_failures.failure_id;
CREATE TABLE public.positions (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL
);
CREATE TABLE public.secrets (
    name text NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.slack_requests (
    signature text NOT NULL,
    received_at_ms bigint NOT NULL
);
CREATE TABLE public.snoozes (
    account_id text NOT NULL,
    feature text NOT NULL,
    until_ms bigint NOT NULL,
    person text NOT NULL,
    alert_id text NOT NULL
);
ALTER TABLE ONLY public.deliveries ALTER COLUMN delivery_id SET DEFAULT nextval('public.deliveries_delivery_id_seq'::regclass);
ALTER TABLE ONLY public.login_failures ALTER COLUMN failure_id SET DEFAULT nextval('public.login_failures_failure_id_seq'::regclass);
INSERT INTO public.alerts VALUES ('alert:t5', 6, 1780000005000, 1780000004980, 0, 5, 'acct-1', 't5', 'high', 0.71, 12.5, '{"schema_version":1,"alert_id":"alert:t5","transaction":{"schema_version":1,"transaction_id":"t5","account_id":"acct-1","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}', 'thread', NULL, 'episode:t1', NULL, NULL, NULL, NULL);
INSERT INTO public.alerts VALUES ('alert:t3', 10, 1780000003000, 1780000002980, 0, 3, 'acct-3', 't3', 'high', 0.71, 12.5, '{"schema_version":1,"alert_id":"alert:t3","transaction":{"schema_version":1,"transaction_id":"t3","account_id":"acct-3","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}', 'digest', 'rate', 'episode:t3', 'digest:alert:t2', NULL, NULL, NULL);
INSERT INTO public.alerts VALUES ('alert:t6', 11, 1780000006000, 1780000005980, 0, 6, 'acct-2', 't6', 'high', 0.71, 12.5, '{"schema_version":1,"alert_id":"alert:t6","transaction":{"schema_version":1,"transaction_id":"t6","account_id":"acct-2","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}', 'digest', 'rate', 'episode:t2', 'digest:alert:t2', NULL, NULL, NULL);
INSERT INTO public.alerts VALUES ('alert:t7', 12, 1780000007000, 1780000006980, 0, 7, 'acct-3', 't7', 'high', 0.71, 12.5, '{"schema_version":1,"alert_id":"alert:t7","transaction":{"schema_version":1,"transaction_id":"t7","account_id":"acct-3","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}', 'digest', 'rate', 'episode:t3', 'digest:alert:t2', NULL, NULL, NULL);
INSERT INTO public.alerts VALUES ('alert:t4', 15, 1780000004000, 1780000003980, 0, 4, 'acct-0', 't4', 'high', 0.71, 12.5, '{"schema_version":1,"alert_id":"alert:t4","transaction":{"schema_version":1,"transaction_id":"t4","account_id":"acct-0","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}', 'thread', NULL, 'episode:t0', NULL, NULL, NULL, NULL);
INSERT INTO public.alerts VALUES ('alert:t0', 16, 1780000000000, 1779999999980, 0, 0, 'acct-0', 't0', 'high', 0.71, 12.5, '{"schema_version":1,"alert_id":"alert:t0","transaction":{"schema_version":1,"transaction_id":"t0","account_id":"acct-0","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}', 'message', NULL, 'episode:t0', NULL, NULL, NULL, NULL);
INSERT INTO public.alerts VALUES ('alert:t1', 20, 1780000001000, 1780000000980, 0, 1, 'acct-1', 't1', 'high', 0.71, 12.5, '{"schema_version":1,"alert_id":"alert:t1","transaction":{"schema_version":1,"transaction_id":"t1","account_id":"acct-1","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}', 'message', NULL, 'episode:t1', NULL, false, 'ben (slack:U1)', 1780000061000);
INSERT INTO public.alerts VALUES ('alert:t2', 21, 1780000002000, 1780000001980, 0, 2, 'acct-2', 't2', 'high', 0.71, 12.5, '{"schema_version":1,"alert_id":"alert:t2","transaction":{"schema_version":1,"transaction_id":"t2","account_id":"acct-2","timestamp_ms":1735732800000,"amount":12.5,"currency":"EUR","merchant_id":"m-88","category":"groceries","country":"FR","lat":48.85,"lon":2.35,"sent_at_us":1735732800000000},"amount_eur":12.5,"segment":"established_account","severity":"high","score":0.71,"threshold":0.63,"quantile":0.993,"model_version":3,"threshold_version":3,"reasons":[{"feature":"amount_over_usual","value":2.4,"usual":55.6,"share":0.7,"text":"612.00 EUR, 11.0 times this account''s usual"},{"feature":"tempo_10m","value":3.0,"usual":null,"share":0.3,"text":"4 payments in 10 minutes"}],"recent":[]}', 'digest', 'rate', 'episode:t2', 'digest:alert:t2', NULL, NULL, NULL);
INSERT INTO public.counters VALUES ('revision', 21);
INSERT INTO public.decisions VALUES ('alert:t1', 'anna', true, 1780000060000, 'page');
INSERT INTO public.decisions VALUES ('alert:t1', 'slack:U1', false, 1780000061000, 'slack');
INSERT INTO public.deliveries VALUES (6, 'hook', 'alert:t3', 'alert', 'alert:t3', '{}', 'waiting', 1780000003000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (7, 'hook', 'alert:t4', 'alert', 'alert:t4', '{}', 'waiting', 1780000004000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (9, 'hook', 'alert:t5', 'alert', 'alert:t5', '{}', 'waiting', 1780000005000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (10, 'slack', 'alert:t5', 'thread', 'alert:t5', '{}', 'waiting', 1780000005000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (11, 'hook', 'alert:t6', 'alert', 'alert:t6', '{}', 'waiting', 1780000006000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (12, 'hook', 'alert:t7', 'alert', 'alert:t7', '{}', 'waiting', 1780000007000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (13, 'slack', 'digest:alert:t2', 'digest', NULL, '{}', 'waiting', 1780000600000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (2, 'slack', 'alert:t0', 'alert', 'alert:t0', '{}', 'accepted', 1780000000000, 1, NULL, 1780000009000, 'C1/1780000000.1');
INSERT INTO public.deliveries VALUES (4, 'slack', 'alert:t1', 'alert', 'alert:t1', '{}', 'dead', 1780000001000, 1, 'it answers 400', 1780000009500, NULL);
INSERT INTO public.deliveries VALUES (8, 'slack', 'alert:t4', 'thread', 'alert:t4', '{}', 'waiting', 1780000004000, 1, 'it answers 503', NULL, NULL);
INSERT INTO public.deliveries VALUES (1, 'hook', 'alert:t0', 'alert', 'alert:t0', '{}', 'accepted', 1780000000000, 1, NULL, 1780000009000, 'C1/1780000000.1');
INSERT INTO public.deliveries VALUES (3, 'hook', 'alert:t1', 'alert', 'alert:t1', '{}', 'dead', 1780000001000, 1, 'it answers 400', 1780000009500, NULL);
INSERT INTO public.deliveries VALUES (5, 'hook', 'alert:t2', 'alert', 'alert:t2', '{}', 'waiting', 1780000002000, 1, 'it answers 503', NULL, NULL);
INSERT INTO public.deliveries VALUES (14, 'labels', 'label:alert:t1:19', 'label', 'alert:t1', '{"schema_version":1,"transaction_id":"t1","account_id":"acct-1","is_fraud":true,"scenario":null,"source":"analyst","labelled_at_ms":1780000060000,"labelled_by":"anna"}', 'waiting', 1780000060000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (15, 'slack', 'decision:alert:t1:19', 'decision', 'alert:t1', '{}', 'waiting', 1780000060000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (16, 'hook', 'decision:alert:t1:19', 'decision', 'alert:t1', '{"is_fraud":true,"decided_by":"anna","decided_at_ms":1780000060000}', 'waiting', 1780000060000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (17, 'labels', 'label:alert:t1:20', 'label', 'alert:t1', '{"schema_version":1,"transaction_id":"t1","account_id":"acct-1","is_fraud":false,"scenario":null,"source":"analyst","labelled_at_ms":1780000061000,"labelled_by":"slack:U1"}', 'waiting', 1780000061000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (18, 'slack', 'decision:alert:t1:20', 'decision', 'alert:t1', '{}', 'waiting', 1780000061000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (19, 'hook', 'decision:alert:t1:20', 'decision', 'alert:t1', '{"is_fraud":false,"decided_by":"slack:U1","decided_at_ms":1780000061000}', 'waiting', 1780000061000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (20, 'hook', 'decision:alert:t2:21', 'decision', 'alert:t2', '{"snoozed_until_ms":1780086462000,"snoozed_by":"anna","snoozed_at_ms":1780000062000}', 'waiting', 1780000062000, 0, NULL, NULL, NULL);
INSERT INTO public.deliveries VALUES (21, 'slack', 'operations:1', 'operations', NULL, '{"status":"firing","title":"lag"}', 'waiting', 1780000000000, 0, NULL, NULL, NULL);
INSERT INTO public.episodes VALUES ('episode:t0', 'acct-0', 'alert:t0', 1780000000000, 1780000004000, 2);
INSERT INTO public.episodes VALUES ('episode:t1', 'acct-1', 'alert:t1', 1780000001000, 1780000005000, 2);
INSERT INTO public.episodes VALUES ('episode:t2', 'acct-2', 'alert:t2', 1780000002000, 1780000006000, 2);
INSERT INTO public.episodes VALUES ('episode:t3', 'acct-3', 'alert:t3', 1780000003000, 1780000007000, 2);
INSERT INTO public.login_failures VALUES (1, '192.0.2.7', '1485f9efa3617e2002321b7b6a11014c3e13b28c4b57380c3ebe9e70b4c4bcf4', 1780000000000);
INSERT INTO public.positions VALUES ('transactions.alerts', 0, 8);
INSERT INTO public.secrets VALUES ('session_key', 'session-key-of-this-dump');
INSERT INTO public.slack_requests VALUES ('v0=1', 1780000000000);
INSERT INTO public.snoozes VALUES ('acct-2', 'amount_over_usual', 1780086462000, 'anna', 'alert:t2');
SELECT pg_catalog.setval('public.deliveries_delivery_id_seq', 21, true);
SELECT pg_catalog.setval('public.login_failures_failure_id_seq', 1, true);
ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (alert_id);
ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_pkey PRIMARY KEY (alert_id, person);
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (delivery_id);
ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_pkey PRIMARY KEY (episode_id);
ALTER TABLE ONLY public.login_failures
    ADD CONSTRAINT login_failures_pkey PRIMARY KEY (failure_id);
ALTER TABLE ONLY public.positions
    ADD CONSTRAINT positions_pkey PRIMARY KEY (topic, partition);
ALTER TABLE ONLY public.secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.slack_requests
    ADD CONSTRAINT slack_requests_pkey PRIMARY KEY (signature);
ALTER TABLE ONLY public.snoozes
    ADD CONSTRAINT snoozes_pkey PRIMARY KEY (account_id, feature);
CREATE INDEX alert_digest ON public.alerts USING btree (digest_id) WHERE (digest_id IS NOT NULL);
CREATE INDEX alert_waits ON public.alerts USING btree (received_at_ms) WHERE ((handling = 'digest'::text) AND (digest_id IS NULL));
CREATE UNIQUE INDEX delivery_once ON public.deliveries USING btree (receiver, message_id);
CREATE INDEX delivery_queue ON public.deliveries USING btree (receiver, state, delivery_id);
CREATE INDEX delivery_rate ON public.deliveries USING btree (receiver, settled_at_ms);
CREATE INDEX delivery_state ON public.deliveries USING btree (state, receiver, queued_at_ms);
CREATE INDEX ix_alerts_account_id ON public.alerts USING btree (account_id);
CREATE INDEX ix_alerts_episode_id ON public.alerts USING btree (episode_id);
CREATE INDEX ix_alerts_received_at_ms ON public.alerts USING btree (received_at_ms);
CREATE INDEX ix_alerts_revision ON public.alerts USING btree (revision);
CREATE INDEX ix_deliveries_alert_id ON public.deliveries USING btree (alert_id);
CREATE INDEX ix_episodes_account_id ON public.episodes USING btree (account_id);
CREATE INDEX ix_login_failures_failed_at_ms ON public.login_failures USING btree (failed_at_ms);
CREATE INDEX ix_slack_requests_received_at_ms ON public.slack_requests USING btree (received_at_ms);
