"""The application: one page, its script and style, and what they ask for below ``/api``."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException

from llm_assets.display import for_plain_text
from llm_assets.errors import ConfigError, LLMAssetsError
from llm_assets.explorer import documents, generation, next_token, tokens, tracing
from llm_assets.explorer.guard import Guard
from llm_assets.explorer.holdings import Holdings

PAGE = Path(__file__).parent / "page"
FILES = {path.name: path for path in sorted(PAGE.iterdir())}
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
VIEWS = (tokens, next_token, generation, tracing, documents)
MOST_MESSAGE = 1_000


def make_app(holdings: Holdings) -> FastAPI:
    """The application on a root; nothing is read yet."""
    app = FastAPI(title="llm-assets explore", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(Guard)
    for view in VIEWS:
        app.include_router(view.make_routes(holdings), prefix="/api")

    @app.get("/")
    def show_page() -> FileResponse:
        return _send_file("page.html")

    @app.get("/page/{name}")
    def send_part(name: str) -> FileResponse:
        if name not in FILES:
            raise HTTPException(404, "there is no such part of the page")
        return _send_file(name)

    @app.exception_handler(LLMAssetsError)
    def tell_error(_: Request, error: LLMAssetsError) -> JSONResponse:
        return _answer(400 if isinstance(error, ConfigError) else 409, str(error))

    @app.exception_handler(RequestValidationError)
    def tell_invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        told = "; ".join(f"{each['loc'][-1] if each['loc'] else 'request'}: {each['msg'].lower()}" for each in error.errors())
        return _answer(422, told)

    @app.exception_handler(HTTPException)
    def tell_refusal(_: Request, error: HTTPException) -> JSONResponse:
        return _answer(error.status_code, str(error.detail))

    return app


def _send_file(name: str) -> FileResponse:
    return FileResponse(FILES[name], media_type=MEDIA_TYPES[FILES[name].suffix])


def _answer(status: int, told: str) -> JSONResponse:
    """An error as the page shows it; what it quotes of a request or a page is redacted and clipped."""
    return JSONResponse({"error": for_plain_text(told, MOST_MESSAGE)}, status)
