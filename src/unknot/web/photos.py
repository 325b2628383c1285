"""Photographs of posture on the page of measuring: kept when somebody says so, shown, taken out."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from unknot.record.photos import LARGEST, PhotoError, Photos
from unknot.web.desk import Screening, go
from unknot.web.notes import visit_at
from unknot.web.practice import practice_of
from unknot.web.who import signature
from unknot.words import say


def routes(of: Screening) -> APIRouter:
    """What stands under /clients/ID for photographs."""
    router = APIRouter(include_in_schema=False)

    @router.post("/clients/{client}/photos")
    async def keep(request: Request) -> Response:
        at, data = of.of_practitioner(request), bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > LARGEST:
                raise HTTPException(413, f"larger than {LARGEST:,} bytes")
        try:
            await run_in_threadpool(Photos(at.desk.store).keep, at.visit, bytes(data))
        except PhotoError as error:
            return JSONResponse({"ok": False, "told": str(error)}, 422)
        return JSONResponse({"ok": True})

    @router.get("/clients/{client}/visits/{visit}/photos/{number}")
    def shown(request: Request, number: int) -> Response:
        found = Photos(of.store()).read(visit_at(of, request).visit, number)
        if found is None:
            raise HTTPException(404, "no such photograph")
        return Response(found, media_type="image/jpeg")

    @router.post("/clients/{client}/visits/{visit}/photos/{number}/remove")
    def remove(request: Request, number: int) -> Response:
        at = visit_at(of, request)
        by = signature("", practice_of(at.desk.store).practitioner) or say("measures.practitioner")
        whole = Photos(at.desk.store).remove(at.visit, number, by)
        return go(f"{at.base}/measures?group=posture" + ("" if whole else "&later=yes"))

    return router
