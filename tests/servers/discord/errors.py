"""Discord's error answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """``{"message": …, "code": …}`` with a status, and ``errors`` of a form."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.body: dict[str, Any] = {"message": message, "code": code, **(extra or {})}
        self.headers = dict(headers or {})


class Form:
    """Gathers what is wrong with a body, each complaint at its place."""

    def __init__(self) -> None:
        self._errors: dict[str, Any] = {}

    def complain(self, path: tuple[str | int, ...], code: str, message: str) -> None:
        place = self._errors
        for part in path:
            place = place.setdefault(str(part), {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def settle(self) -> None:
        if self._errors:
            errors = {"errors": self._errors}
            raise ApiError(400, 50035, "Invalid Form Body", errors)


def invalid(path: tuple[str | int, ...], code: str, message: str) -> ApiError:
    """Return the error of a form with one thing wrong."""
    form = Form()
    form.complain(path, code, message)
    try:
        form.settle()
    except ApiError as e:
        return e
    raise AssertionError(path)


def unknown_webhook() -> ApiError:
    return ApiError(404, 10015, "Unknown Webhook")


def unknown_message() -> ApiError:
    return ApiError(404, 10008, "Unknown Message")


def too_large() -> ApiError:
    return ApiError(413, 40005, "Request entity too large")
