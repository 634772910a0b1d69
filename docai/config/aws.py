"""How AWS's own tools are told of keys, region and endpoint: the environment and the shared profile files.

docs.aws.amazon.com/sdkref/latest/guide "settings-reference" has the names and their order.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from docai.errors import ConfigError
from docai.sources.s3_access import Keys, Machine, S3Access

_CONTAINER_HOST = "http://169.254.170.2"
# Plain HTTP is for addresses that do not leave the machine; the list is that of AWS's tools.
_CONTAINER_HOSTS = frozenset(
    {"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost", "127.0.0.1", "::1"}
)
_ELSEWHERE = ("role_arn", "credential_process", "sso_session", "sso_start_url")
_TRUE = frozenset({"1", "true", "yes"})


def read_s3_access(
    environment: Mapping[str, str],
    home: Path,
    *,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
) -> S3Access:
    """Access to buckets. What is given comes before the environment, and that before the profile.

    Nothing is asked of any server; whether there are keys shows when a bucket is opened. Raises `ConfigError`
    `store-no-profile`, `store-profile`, `store-ca-unreadable`.
    """
    name = profile or environment.get("AWS_PROFILE") or "default"
    files, section, services = _read_profile(environment, home, name, bool(profile))
    endpoint = endpoint_url or _find_endpoint(environment, section, services)
    chosen = region or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    region = chosen or section.get("region") or "us-east-1"
    anonymous = environment.get("AWS_SKIP_SIGNATURE", "").lower() in _TRUE
    keys = None
    if not profile:
        keys = _make_keys(environment, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    if keys is None:
        keys = _make_keys(section, "aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    machine = None
    looked = ["the environment", f"profile {name!r} of {' and '.join(files)}"]
    if keys is None and not anonymous:
        machine = _find_machine(environment, section, endpoint)
        if machine is None:
            _refuse_elsewhere(section, name)
        else:
            looked.append("what this machine gives")
    virtual = environment.get("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "").lower()
    return S3Access(
        endpoint_url=endpoint,
        region=region,
        keys=keys,
        machine=machine,
        anonymous=anonymous,
        virtual_hosted=virtual in _TRUE if virtual else None,
        ca_pem=_read_ca(environment.get("AWS_CA_BUNDLE") or section.get("ca_bundle")),
        proxy_url=_find_proxy(environment, endpoint or f"https://s3.{region}.amazonaws.com"),
        looked=tuple(looked),
    )


def _read_profile(
    environment: Mapping[str, str], home: Path, name: str, asked: bool
) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """The files, the profile's settings (those of the credentials file first), and its settings for S3."""
    places = {
        "AWS_CONFIG_FILE": home / ".aws" / "config",
        "AWS_SHARED_CREDENTIALS_FILE": home / ".aws" / "credentials",
    }
    paths = [Path(environment.get(variable) or default).expanduser() for variable, default in places.items()]
    config, credentials = (_parse(path) for path in paths)
    titles = ("default", "profile default") if name == "default" else (f"profile {name}",)
    section: dict[str, str] = {}
    found = False
    for parser, options in ((config, titles), (credentials, (name,))):
        for title in options:
            if parser.has_section(title):
                section |= dict(parser.items(title))
                found = True
    if not found and (asked or environment.get("AWS_PROFILE")):
        raise ConfigError(
            "store-no-profile",
            f"there is no profile {name!r} in {paths[0]} or {paths[1]}",
            hint="correct AWS_PROFILE, or leave it out",
        )
    services = f"services {section.get('services', '')}"
    block = config.get(services, "s3", fallback="")
    nested = dict(re.findall(r"^\s*([a-z_]{1,40})\s*=\s*(\S{1,1000})\s*$", block, re.MULTILINE))
    return [str(path) for path in reversed(paths)], section, nested


def _parse(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        # Neither the parser's words nor the line: it may hold a secret.
        line = getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else str(path)
        raise ConfigError(
            "store-profile", f"{where} cannot be read as a profile file ({type(error).__name__})"
        ) from None
    return parser


def _find_endpoint(
    environment: Mapping[str, str], section: Mapping[str, str], services: Mapping[str, str]
) -> str | None:
    if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() in _TRUE:
        return None
    return (
        environment.get("AWS_ENDPOINT_URL_S3")
        or environment.get("AWS_ENDPOINT_URL")
        or services.get("endpoint_url")
        or section.get("endpoint_url")
        or None
    )


def _make_keys(given: Mapping[str, str], key_id: str, secret: str, token: str) -> Keys | None:
    if not given.get(key_id) or not given.get(secret):
        return None
    return Keys(given[key_id].strip(), given[secret].strip(), given.get(token) or None)


def _find_machine(
    environment: Mapping[str, str], section: Mapping[str, str], endpoint: str | None
) -> Machine | None:
    """What a machine of AWS gives by itself is of no use to another server, and is not shown to it."""
    host = urlsplit(endpoint).hostname or "" if endpoint else "amazonaws.com"
    if not re.search(r"(?:^|\.)amazonaws\.com(?:\.cn)?\Z", host):
        return None
    role = environment.get("AWS_ROLE_ARN") or section.get("role_arn")
    identity = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE") or section.get("web_identity_token_file")
    relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    container = _CONTAINER_HOST + relative if relative else _check_container(environment)
    disabled = environment.get("AWS_EC2_METADATA_DISABLED", "").lower() in _TRUE
    instance = environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254"
    elsewhere = any(section.get(name) for name in _ELSEWHERE) and not identity
    if not (role and identity) and not container and (disabled or elsewhere):
        return None
    return Machine(
        container_url=container,
        token=environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN") or None,
        token_file=environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") or None,
        role_arn=role if identity else None,
        web_identity_file=identity if role else None,
        session_name=environment.get("AWS_ROLE_SESSION_NAME") or "docai",
        sts_url=environment.get("AWS_ENDPOINT_URL_STS") or None,
        instance_url=None if disabled else instance.rstrip("/"),
    )


def _check_container(environment: Mapping[str, str]) -> str | None:
    url = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _CONTAINER_HOSTS:
        raise ConfigError(
            "store-profile",
            f"AWS_CONTAINER_CREDENTIALS_FULL_URI: {parts.hostname} may not be asked for keys over plain HTTP",
            hint="an https address, or one of this machine",
        )
    return url


def _refuse_elsewhere(section: Mapping[str, str], name: str) -> None:
    """Profiles that only AWS's own tools can turn into keys."""
    found = next((key for key in _ELSEWHERE if section.get(key)), None)
    if found:
        raise ConfigError(
            "store-profile",
            f"profile {name!r} gets its keys by {found}, which docai does not do",
            hint=f'eval "$(aws configure export-credentials --profile {name} --format env)"',
        )


def _read_ca(path: str | None) -> bytes | None:
    if not path:
        return None
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise ConfigError(
            "store-ca-unreadable",
            f"{path} cannot be read: {error.strerror}",
            hint="AWS_CA_BUNDLE names a PEM file",
        ) from error


def _find_proxy(environment: Mapping[str, str], endpoint: str) -> str | None:
    parts = urlsplit(endpoint)
    name = f"{parts.scheme}_proxy"
    proxy = environment.get(name) or (environment.get(name.upper()) if name == "https_proxy" else None)
    excepted = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if not proxy or _is_excepted(parts.hostname or "", excepted):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_excepted(host: str, excepted: str) -> bool:
    """`*`, a host, or a domain with all below it."""
    names = [name.strip().removeprefix(".").lower() for name in excepted.split(",") if name.strip()]
    return any(name in ("*", host) or host.endswith(f".{name}") for name in names)
