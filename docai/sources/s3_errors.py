"""Everything a bucket may answer, in docai's own errors. Texts of servers are never passed on: a code is."""

from __future__ import annotations

import re

from docai.errors import ConfigError, DocaiError, ServiceError

STAGE = "sources"
_CODE = re.compile(r"<Code>([A-Za-z0-9.]{1,60})</Code>|\(code: ([A-Za-z0-9.]{1,60})\)")
_STATUS = re.compile(r"status code: (\d{3})")
_AGAIN = "what was done is kept: run the same command again"

# S3's codes by what the user has to do about them.
_KINDS = {
    "NoSuchBucket": "bucket",
    "InvalidBucketName": "bucket",
    "InvalidAccessKeyId": "keys",
    "SignatureDoesNotMatch": "keys",
    "InvalidSecurity": "keys",
    "InvalidToken": "keys",
    "AuthorizationHeaderMalformed": "region",
    "PermanentRedirect": "region",
    "IllegalLocationConstraintException": "region",
    "TemporaryRedirect": "region",
    "ExpiredToken": "expired",
    "TokenRefreshRequired": "expired",
    "RequestTimeTooSkewed": "clock",
    "RequestExpired": "clock",
    "AccessDenied": "denied",
    "AllAccessDisabled": "denied",
    "AccountProblem": "denied",
    "MethodNotAllowed": "denied",
    "InvalidObjectState": "archived",
    "SlowDown": "throttled",
    "TooManyRequests": "throttled",
    "RequestLimitExceeded": "throttled",
    "ThrottlingException": "throttled",
    "Throttling": "throttled",
    "BandwidthLimitExceeded": "throttled",
    "NotImplemented": "conditions",
    "QuotaExceeded": "full",
    "XMinioStorageFull": "full",
}
_STATUS_KINDS = {301: "region", 307: "region", 401: "keys", 403: "denied", 429: "throttled", 503: "throttled"}


def find_code(text: str) -> tuple[str, int]:
    """S3's error code and the HTTP status that a client's message tells; empty and 0 where it does not."""
    code = _CODE.search(text)
    status = _STATUS.search(text)
    return (code[1] or code[2] if code else ""), (int(status[1]) if status else 0)


def translate_error(error: Exception, url: str, endpoint: str, doing: str) -> DocaiError:
    """An error of the client library. `doing`: "write", "read" or "list", as the message says it."""
    text = str(error)
    code, status = find_code(text)
    if code or status:
        return make_error(code, status, url, doing)
    if isinstance(error.__cause__, DocaiError):
        return error.__cause__
    lowered = text.lower()
    if any(word in lowered for word in ("certificate", "unknownissuer", "invalid peer")):
        return certificate_error(url, endpoint)
    if "http error" in lowered or "connect" in lowered or "timed out" in lowered or "timeout" in lowered:
        return unreachable(url, endpoint)
    return _service("store-failed", f"{url} failed ({type(error).__name__})")


def make_error(code: str, status: int, url: str, doing: str, region: str | None = None) -> DocaiError:
    """The error for S3's code, else for the status. `region`: where the reply says that the bucket lies."""
    kind = _KINDS.get(code) or _STATUS_KINDS.get(status)
    said = code or f"status {status}"
    match kind:
        case "bucket":
            return _config("store-no-bucket", f"there is no bucket {url}", "make it, or correct the address")
        case "keys":
            return _config(
                "store-keys-wrong",
                f"{url} does not accept these credentials ({said})",
                "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or the profile; --endpoint-url must be "
                "the server that they belong to",
            )
        case "expired":
            return _config("store-keys-expired", f"the credentials for {url} have expired", "renew them")
        case "region":
            return _config(
                "store-region",
                f"{url} lies in another region than the one asked ({said})",
                f"set AWS_REGION={region}" if region else "set AWS_REGION to the bucket's region",
            )
        case "clock":
            return _config(
                "store-clock",
                f"{url} refuses requests because this machine's clock is wrong",
                "set the clock (NTP) and run again",
            )
        case "denied":
            return _config(
                "store-denied",
                f"these credentials may not {doing} in {url} ({said})",
                "SOURCE needs ListBucket and GetObject; DEST needs these, PutObject and DeleteObject",
            )
        case "archived":
            return _config("store-archived", f"{url} holds objects in an archive ({said})", "restore them")
        case "conditions":
            return no_conditions(url)
        case "throttled":
            return _service(
                "store-throttled",
                f"{url} asks for fewer requests ({said}), and went on doing so",
                "run fewer workers, or wait",
            )
        case "full":
            return _service("store-full", f"{url} has no room left ({said})", "make room")
    return _service("store-failed", f"{url} failed to {doing} ({said})")


def unreachable(url: str, endpoint: str) -> ServiceError:
    return _service(
        "store-unreachable",
        f"{endpoint} does not answer for {url}",
        "check the network and --endpoint-url",
    )


def conflict(url: str) -> ServiceError:
    return _service("store-failed", f"{url} refuses to write because of conflicts (409)")


def not_whole(url: str, endpoint: str) -> ServiceError:
    return _service(
        "store-not-whole",
        f"what {endpoint} answers for {url} is cut off, or it is no S3 server",
        "check --endpoint-url",
    )


def certificate_error(url: str, endpoint: str) -> ConfigError:
    return _config(
        "store-certificate",
        f"the certificate of {endpoint} for {url} is not trusted",
        "name the authority's PEM file in AWS_CA_BUNDLE",
    )


def bad_bundle() -> ConfigError:
    return _config("store-ca-unreadable", "AWS_CA_BUNDLE holds no certificate", "it names a PEM file")


def no_credentials(url: str, looked: tuple[str, ...]) -> ConfigError:
    places = f"; looked in {', '.join(looked)}" if looked else ""
    return _config(
        "store-no-credentials",
        f"no credentials for {url}{places}",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; AWS_SKIP_SIGNATURE=true for a "
        "public bucket",
    )


def no_conditions(url: str) -> ConfigError:
    return _config(
        "store-no-conditions",
        f"the server of {url} does not keep the promise of conditional writes (If-None-Match)",
        "two jobs could overwrite each other there: take a newer server, or a local folder as DEST",
    )


def _service(code: str, message: str, hint: str = "") -> ServiceError:
    return ServiceError(code, message, stage=STAGE, hint=f"{hint}; {_AGAIN}" if hint else _AGAIN)


def _config(code: str, message: str, hint: str) -> ConfigError:
    return ConfigError(code, message, stage=STAGE, hint=hint)
