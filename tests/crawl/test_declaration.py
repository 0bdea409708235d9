import os

import pytest

from llm_assets.crawl import SOURCES
from llm_assets.crawl.declaration import (
    Declaration,
    check_name,
    declared_version,
    parse_parameters,
    read_declaration,
    salvage_sequence,
    write_declaration,
)
from llm_assets.crawl.source import Source
from llm_assets.errors import ConfigError


def declare(path, name="demo", **changes):
    fields = {"source": "warc_files", "sequence": 3, "enabled": True, "parameters": parse_parameters("warc_files", {"path": str(path)})}
    return Declaration(name, **{**fields, **changes})


@pytest.mark.parametrize("name", ["a", "9", "CC-MAIN-2026-42", "a.b_c-d", "x" * 80])
def test_a_name_that_can_be_a_file_is_accepted(name):
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a..b", ".hidden", "-x", "_x", "a b", "ä", "x" * 81, "a\n", "a\\b"])
def test_any_other_name_is_refused(name):
    with pytest.raises(ConfigError, match="crawl's name"):
        check_name(name)


def test_a_declaration_that_is_written_reads_the_same(tmp_path):
    declaration = declare(tmp_path)
    write_declaration(tmp_path / "demo.toml", declaration)
    assert read_declaration(tmp_path / "demo.toml") == declaration


def test_a_relative_path_is_written_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_declaration(tmp_path / "demo.toml", declare("sub/../pages/*.warc"))
    assert f'path = "{tmp_path}/pages/*.warc"' in (tmp_path / "demo.toml").read_text()


def test_a_declaration_is_written_under_its_own_name_only(tmp_path):
    with pytest.raises(ConfigError, match=r"demo\.toml"):
        write_declaration(tmp_path / "other.toml", declare(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('source = "warcs"\nsequence = 1\n', "there are: warc_files, python_docs"),
        ('source = "warc_files"\nsequence = 1\n[parameters]\npaht = "x"\n', "parameters are: path"),
        ('source = "warc_files"\nsequence = 1\ncolour = 1\n[parameters]\npath = "x"\n', "unknown key colour"),
        ('source = "warc_files"\n[parameters]\npath = "x"\n', "sequence is missing"),
        ('source = "warc_files"\nsequence = 65536\n[parameters]\npath = "x"\n', "0..65,535"),
        ('source = "warc_files"\nsequence = true\n[parameters]\npath = "x"\n', "sequence"),
        ('source = "warc_files"\nsequence = 1\nenabled = "yes"\n[parameters]\npath = "x"\n', "enabled"),
        ('source = "warc_files"\nsequence = 1\nparameters = 3\n', "table"),
        ('source = "python_docs"\nsequence = 1\n[parameters]\nmax_pages = -1\n', "max_pages"),
        ('source = "python_docs"\nsequence = 1\n[parameters]\ndate = "today"\n', "date"),
        ("source = [\n", "not valid TOML"),
    ],
)
def test_a_declaration_that_cannot_be_followed_is_refused_with_file_and_reason(tmp_path, text, message):
    path = tmp_path / "demo.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as error:
        read_declaration(path)
    assert str(path) in str(error.value)
    assert "llm-assets crawl add demo --source SOURCE … --replace" in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('sequence = 1\nsource = "warcs"', "line 2: there is no crawl source 'warcs'"),
        ('source = "warc_files"\nsequence = -1\n[parameters]\npath = "x"', "line 2: sequence is -1"),
        ('source = "warc_files"\nsequence = 1\n\n[[parameters]]\npath = "x"', "line 4: parameters is [{"),
        ('# by hand\nsource = "warc_files"\nsequence = 1\n"colour" = 1', "line 4: unknown key colour"),
        ('source = "warc_files"\nsequence = 1\n[parameters]\npath = "x"\npaht = "y"', "line 5: source 'warc_files': paht"),
        ('source = "warc_files"\nsequence = \n', "(at line 2, column 12)"),
    ],
)
def test_the_line_that_is_at_fault_is_named(tmp_path, text, told):
    (tmp_path / "demo.toml").write_text(text)
    with pytest.raises(ConfigError) as error:
        read_declaration(tmp_path / "demo.toml")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("sequence = 7", 7),
        ("[broken\n  sequence=12 # given\n", 12),
        ("sequence = 65536", None),
        ("sequence = true", None),
        ("# sequence = 3", None),
    ],
)
def test_the_number_of_a_crawl_is_read_from_what_is_no_declaration(tmp_path, text, number):
    (tmp_path / "demo.toml").write_text(text)
    assert salvage_sequence(tmp_path / "demo.toml") == number


def test_a_declaration_that_is_not_there_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match="there is no crawl none"):
        read_declaration(tmp_path / "none.toml")


def test_parameters_of_another_source_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="PythonDocs"):
        declare(tmp_path, source="python_docs")


def test_being_enabled_and_the_name_are_no_part_of_the_version(tmp_path):
    assert declared_version(declare(tmp_path)) == declared_version(declare(tmp_path, name="other", enabled=False))


def test_sequence_parameters_and_what_lies_there_are_part_of_the_version(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    versions = {declared_version(declare(folder)), declared_version(declare(folder, sequence=4)), declared_version(declare(tmp_path))}
    file = folder / "a.warc"
    file.write_bytes(b"one")
    versions.add(declared_version(declare(folder)))
    file.write_bytes(b"more")
    versions.add(declared_version(declare(folder)))
    os.utime(file, ns=(5, 5))
    versions.add(declared_version(declare(folder)))
    assert len(versions) == 6


@pytest.mark.parametrize("path", ["none.warc", "none/*.warc", "none/**/*"])
def test_a_version_is_told_of_what_is_missing_too(tmp_path, path):
    missing = declared_version(declare(tmp_path / path))
    (tmp_path / "none").mkdir()
    (tmp_path / "none.warc").write_bytes(b"x")
    (tmp_path / "none/a.warc").write_bytes(b"x")
    assert declared_version(declare(tmp_path / path)) != missing


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_a_documented_section(source):
    assert issubclass(SOURCES[source], Source)
    assert all(field.description for field in SOURCES[source].model_fields.values())
