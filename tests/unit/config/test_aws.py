"""Keys, region and endpoint as AWS's own tools find them."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from docai.config.aws import read_s3_access
from docai.errors import ConfigError
from docai.sources.objects import open_store
from docai.sources.s3_access import Keys

SECRET = "very-secret-indeed"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": SECRET}
NO_INSTANCE = {"AWS_EC2_METADATA_DISABLED": "true"}


def write_profiles(home: Path, credentials: str = "", config: str = "") -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(credentials)
    (home / ".aws" / "config").write_text(config)


def test_the_environment_is_enough(tmp_path: Path) -> None:
    access = read_s3_access({**ENVIRONMENT, "AWS_SESSION_TOKEN": "tok"}, tmp_path)
    assert access.keys == Keys("AKENV", SECRET, "tok")
    assert (access.endpoint_url, access.region, access.machine) == (None, "us-east-1", None)
    assert SECRET not in repr(access)
    assert "tok" not in repr(access.keys).split("access_key_id")[1]
    assert pickle.loads(pickle.dumps(access)) == access


def test_profiles_of_both_files(tmp_path: Path) -> None:
    write_profiles(
        tmp_path,
        "[default]\naws_access_key_id = AKDEF\naws_secret_access_key = d\n"
        "[work]\naws_access_key_id = AKWORK\naws_secret_access_key = w%1\n",
        "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-central-1\n"
        "endpoint_url = https://other.example\naws_access_key_id = not this\n",
    )
    plain = read_s3_access({}, tmp_path)
    assert (plain.keys, plain.region) == (Keys("AKDEF", "d"), "eu-west-1")
    work = read_s3_access({"AWS_PROFILE": "work"}, tmp_path)
    assert (work.keys, work.region, work.endpoint_url) == (
        Keys("AKWORK", "w%1"),
        "eu-central-1",
        "https://other.example",
    )
    # Keys of the environment come before a profile of the environment, but not before one asked for.
    assert read_s3_access({**ENVIRONMENT, "AWS_PROFILE": "work"}, tmp_path).keys == Keys("AKENV", SECRET)
    assert read_s3_access(ENVIRONMENT, tmp_path, profile="work").keys == Keys("AKWORK", "w%1")
    assert read_s3_access({"AWS_REGION": "sa-east-1"}, tmp_path).region == "sa-east-1"


def test_files_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("[default]\naws_access_key_id=A\naws_secret_access_key=B\n")
    access = read_s3_access({"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "c")}, tmp_path / "nobody")
    assert access.keys == Keys("A", "B")


def test_endpoints_from_the_most_to_the_least_special(tmp_path: Path) -> None:
    write_profiles(
        tmp_path,
        config="[default]\nendpoint_url = http://4.example\nservices = mine\n"
        "[services mine]\ns3 =\n  endpoint_url = http://3.example\n  other = x\n",
    )
    given = {"AWS_ENDPOINT_URL": "http://2.example", **ENVIRONMENT}
    special = {"AWS_ENDPOINT_URL_S3": "http://1.example", **given}
    assert (
        read_s3_access(special, tmp_path, endpoint_url="http://0.example").endpoint_url == "http://0.example"
    )
    assert read_s3_access(special, tmp_path).endpoint_url == "http://1.example"
    assert read_s3_access(given, tmp_path).endpoint_url == "http://2.example"
    assert read_s3_access(ENVIRONMENT, tmp_path).endpoint_url == "http://3.example"
    ignoring = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", **special}
    assert read_s3_access(ignoring, tmp_path).endpoint_url is None


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_s3_access({"AWS_PROFILE": "wrok"}, tmp_path)
    assert caught.value.code == "store-no-profile"
    assert "wrok" in caught.value.message


@pytest.mark.parametrize("line", ["sso_session = x", "credential_process = /bin/x", "role_arn = arn:x"])
def test_a_profile_of_other_tools_tells_the_way_out(tmp_path: Path, line: str) -> None:
    write_profiles(tmp_path, config=f"[profile work]\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        read_s3_access({"AWS_PROFILE": "work"}, tmp_path)
    assert caught.value.code == "store-profile"
    assert "export-credentials --profile work" in str(caught.value.hint)


def test_a_broken_file_is_named_and_not_shown(tmp_path: Path) -> None:
    write_profiles(tmp_path, f"[default]\naws_access_key_id = A\n{SECRET}\n")
    with pytest.raises(ConfigError) as caught:
        read_s3_access({}, tmp_path)
    assert caught.value.code == "store-profile"
    assert "credentials" in caught.value.message
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_no_keys_say_where_they_were_looked_for(tmp_path: Path) -> None:
    for environment, endpoint in ((NO_INSTANCE, None), ({}, "http://127.0.0.1:9")):
        access = read_s3_access(environment, tmp_path, endpoint_url=endpoint)
        assert access.machine is None
        with pytest.raises(ConfigError) as caught:
            open_store("s3://bucket/", access)
        assert caught.value.code == "store-no-credentials"
        assert "the environment" in caught.value.message
        assert "profile 'default'" in caught.value.message


def test_what_the_machine_gives_is_for_aws_alone(tmp_path: Path) -> None:
    container = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"}
    identity = {"AWS_ROLE_ARN": "arn:r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}
    machine = read_s3_access({}, tmp_path).machine
    assert machine is not None
    assert machine.instance_url == "http://169.254.169.254"
    machine = read_s3_access({**container, **NO_INSTANCE}, tmp_path).machine
    assert machine is not None
    assert (machine.container_url, machine.instance_url) == ("http://169.254.170.2/v2/x", None)
    machine = read_s3_access(
        identity, tmp_path, endpoint_url="https://bucket.vpce-1.s3.amazonaws.com"
    ).machine
    assert machine is not None
    assert (machine.role_arn, machine.web_identity_file) == ("arn:r", "/t")
    for elsewhere in ("https://minio.example", "https://amazonaws.com.example", "https://notamazonaws.com"):
        assert read_s3_access({**container, **identity}, tmp_path, endpoint_url=elsewhere).machine is None
    with pytest.raises(ConfigError):
        read_s3_access({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://far.example/keys"}, tmp_path)


def test_public_buckets_need_no_keys(tmp_path: Path) -> None:
    access = read_s3_access({"AWS_SKIP_SIGNATURE": "true", **NO_INSTANCE}, tmp_path)
    assert access.anonymous
    assert open_store("s3://bucket/x", access).url == "s3://bucket/x"


def test_proxies_and_where_there_are_none(tmp_path: Path) -> None:
    given = {**ENVIRONMENT, "HTTPS_PROXY": "proxy.example:3128", "NO_PROXY": "localhost,.inside.example"}
    assert read_s3_access(given, tmp_path).proxy_url == "http://proxy.example:3128"
    for inside in ("https://minio.inside.example", "http://minio.outside.example"):
        assert read_s3_access(given, tmp_path, endpoint_url=inside).proxy_url is None


def test_an_authority_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_s3_access({**ENVIRONMENT, "AWS_CA_BUNDLE": str(tmp_path / "no.pem")}, tmp_path)
    assert caught.value.code == "store-ca-unreadable"
    (tmp_path / "ca.pem").write_bytes(b"PEM")
    access = read_s3_access({**ENVIRONMENT, "AWS_CA_BUNDLE": str(tmp_path / "ca.pem")}, tmp_path)
    assert access.ca_pem == b"PEM"
