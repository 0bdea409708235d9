-- The host of a URL in lower case, without www., port and user; 'none' where a text stands that has no host.
-- Reads: nothing. Makes a macro of this session, so that a catalog opened for reading can use it.
create or replace temp macro domain_of(url) as
    coalesce(nullif(regexp_extract(lower(url), '^[a-z][a-z0-9+.-]*:[/\\]{2}(?:[^/?#@\\]*@)?(?:www\.)?([^/?#:\\]+)', 1), ''), 'none');
