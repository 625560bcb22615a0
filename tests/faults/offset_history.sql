-- Every move of an offset: what the checkers call the history of offsets.
CREATE TABLE fault_offsets (
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition int NOT NULL,
    old bigint,
    new bigint NOT NULL
);

CREATE FUNCTION note_offset() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO fault_offsets (consumer_group, topic, partition, old, new)
    VALUES (NEW.consumer_group, NEW.topic, NEW.partition, CASE TG_OP WHEN 'UPDATE' THEN OLD.next_offset END, NEW.next_offset);
    RETURN NEW;
END $$;

CREATE TRIGGER note_offset AFTER INSERT OR UPDATE OF next_offset ON offsets FOR EACH ROW EXECUTE FUNCTION note_offset();
