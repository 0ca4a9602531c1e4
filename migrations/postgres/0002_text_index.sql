-- An id that is no UUID, from its key (see server/store/id-key.ts); NUL is shown as in all other text.
CREATE FUNCTION custom_id_text(id bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT convert_from(
		decode(
			regexp_replace(
				encode(substr(id, CASE WHEN length(id) = 17 AND get_byte(id, 1) = 0 THEN 3 ELSE 2 END), 'hex'),
				'00(?=(..)*$)', 'e29080', 'g'
			),
			'hex'
		),
		'UTF8'
	)
$$;
--> statement-breakpoint
-- What a search compares with: the same text as server/store/search-text.ts makes. Lower case as Unicode has it, which
-- not every database's own collation knows: so it is the best of those that the server brings.
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
			CREATE FUNCTION search_text(id bytea, args text, kwargs text, result text, exception text, traceback text)
			RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
				SELECT translate(
					lower((
						CASE WHEN length(id) = 16 THEN encode(id, 'hex')::uuid::text ELSE custom_id_text(id) END
						|| E'\x1f' || coalesce(args, '') || E'\x1f' || coalesce(kwargs, '') || E'\x1f' || coalesce(result, '')
						|| E'\x1f' || coalesce(exception, '') || E'\x1f' || coalesce(traceback, '')
					) COLLATE pg_catalog.%I),
					U&'\03C2\0307', U&'\03C3'
				)
			$body$
		$create$,
		coalesce(best, 'default')
	);
END
$do$;
