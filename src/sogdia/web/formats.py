"""Rows of a table over HTTP: filtered by column, as JSON, CSV or GeoJSON."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar

import polars as pl
from pydantic import BaseModel, Field
from starlette.requests import Request

from sogdia.errors import DataError
from sogdia.report.query import parse_condition, select, suggestion
from sogdia.study.sheet import TRUTH
from sogdia.web.bodies import Body, BodyCache
from sogdia.web.places import StudyPlaces
from sogdia.web.refusals import RefusedError, unknown

Read = TypeVar("Read")

MAX_ROWS = 1_000_000


class TableFormat(StrEnum):
    """A format that rows are answered in."""

    JSON = "json"
    CSV = "csv"
    GEOJSON = "geojson"


MEDIA_TYPES = {
    TableFormat.JSON: "application/json",
    TableFormat.CSV: "text/csv; charset=utf-8",
    TableFormat.GEOJSON: "application/geo+json",
}
ACCEPTED = {
    "application/json": TableFormat.JSON,
    "application/*": TableFormat.JSON,
    "*/*": TableFormat.JSON,
    "text/csv": TableFormat.CSV,
    "text/*": TableFormat.CSV,
    "application/geo+json": TableFormat.GEOJSON,
    "application/vnd.geo+json": TableFormat.GEOJSON,
}


class TableQuery(BaseModel):
    """What is asked of a table, besides the values of its columns."""

    limit: int | None = Field(
        default=None, ge=1, le=MAX_ROWS, description="Rows to answer with; by default all."
    )
    offset: int = Field(default=0, ge=0, le=MAX_ROWS, description="Rows to leave out before.")
    format: TableFormat | None = Field(
        default=None, description="By default what the Accept header asks for, else JSON."
    )
    where: list[str] = Field(
        default=[],
        description="Conditions such as `length_km>=500` or `name~aktau`; operators: "
        "= != > >= < <= ~ (contains).",
        examples=[["length_km>=500"]],
    )


TABLE_FILTERS: dict[str, Any] = {
    "parameters": [
        {
            "name": "columns",
            "in": "query",
            "required": False,
            "description": "Values of columns, such as `country=KZ`: rows that have the value, "
            "or have it in a list separated by commas. A column given twice: either value. "
            "Without a value (`country=`): rows whose cell is empty.",
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
            "style": "form",
            "explode": True,
            "example": {"country": "KZ"},
        }
    ]
}
TABLE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The rows, under the columns' own names.",
        "headers": {
            "X-Total-Count": {
                "description": "Rows found, before limit and offset.",
                "schema": {"type": "integer"},
            }
        },
        "content": {
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            "text/csv": {"schema": {"type": "string"}},
            "application/geo+json": {"schema": {"type": "object"}},
        },
    },
    304: {"description": "As the client has it (If-None-Match)."},
}


def table_body(
    frame: pl.DataFrame,
    request: Request,
    query: TableQuery,
    *,
    version: str,
    places: StudyPlaces | None = None,
    no_places: str = "its rows have no place on the map",
    also: pl.DataFrame | None = None,
) -> Body:
    """Return rows of a table as they are asked for.

    Parameters
    ----------
    frame : DataFrame
        The table, its key first.
    request : Request
        What was asked: query parameters that are not of `query` name columns.
    query : TableQuery
        The rest of it.
    version : str
        Tells the table's content from what it was before, such as a digest.
    places : StudyPlaces, optional
        Where rows are, for GeoJSON.
    no_places : str
        Why GeoJSON is refused if there are no places.
    also : DataFrame, optional
        More columns of the same rows that may be asked for, but are not shown.

    Raises
    ------
    RefusedError
        406 if the format is not to be had.
    DataError
        If a column does not exist or a value is not of its type.
    """
    table_format = chosen_format(query, request.headers.get("accept", "*/*"))
    if table_format is TableFormat.GEOJSON and places is None:
        raise _no_geojson(no_places)

    def make() -> Body:
        found = chosen_rows(frame, _filters(request), query.where, also)
        page = found.slice(query.offset, query.limit)
        content = _written(page, table_format, places, no_places)
        total = {"X-Total-Count": str(found.height)}
        return Body.of(content, MEDIA_TYPES[table_format], total)

    cache: BodyCache = request.app.state.bodies
    asked = (version, request.url.path, tuple(request.query_params.multi_items()), table_format)
    return cache.get(asked, make)


def table_named(frames: Mapping[str, pl.DataFrame], name: str) -> tuple[str, pl.DataFrame]:
    """Return the table of that name, or of that name in the plural.

    Raises
    ------
    RefusedError
        404 if there is none.
    """
    plurals = {plural(table): table for table in frames}
    table = name if name in frames else plurals.get(name)
    if table is None:
        raise unknown("table", name, frames)
    return table, frames[table]


def plural(table: str) -> str:
    """Return a table's name in the plural.

    Examples
    --------
    >>> [plural(table) for table in ("link", "commodity", "emission_factor")]
    ['links', 'commodities', 'emission_factors']
    """
    return f"{table[:-1]}ies" if table.endswith("y") else f"{table}s"


def chosen_format(query: TableQuery, accept: str) -> TableFormat:
    """Return the format that the query names, or else the one that is accepted most.

    Raises
    ------
    RefusedError
        406 if none of the formats is accepted.
    """
    if query.format is not None:
        return query.format
    offers: list[tuple[float, TableFormat]] = []
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        quality = _quality(parameters)
        if media_type in ACCEPTED and quality > 0.0:
            offers.append((quality, ACCEPTED[media_type]))
    if not offers:
        known = ", ".join(kind.partition(";")[0] for kind in MEDIA_TYPES.values())
        message = f"rows are to be had as {known}, and none of them is accepted"
        raise RefusedError(HTTPStatus.NOT_ACCEPTABLE, message)
    return max(offers, key=lambda offer: offer[0])[1]


def _quality(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        if match := re.fullmatch(r"q=(\d(\.\d{0,3})?)", parameter.replace(" ", "")):
            return float(match[1])
    return 1.0


def _filters(request: Request) -> dict[str, list[str]]:
    names = dict.fromkeys(request.query_params)
    return {
        name: request.query_params.getlist(name)
        for name in names
        if name not in TableQuery.model_fields
    }


def chosen_rows(
    frame: pl.DataFrame,
    filters: Mapping[str, Sequence[str]],
    conditions: Sequence[str] = (),
    also: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return the rows that have the wanted values and meet the conditions.

    Parameters
    ----------
    frame : DataFrame
        The table.
    filters : mapping of str to sequence of str
        By column: the values, one of which a row has to have.
    conditions : sequence of str
        As `sogdia.report.query.parse_condition` reads them.
    also : DataFrame, optional
        More columns of the same rows to choose by.

    Raises
    ------
    DataError
        If a column does not exist or a value is not of its type.
    """
    columns = frame.columns
    searched = frame if also is None else frame.hstack(also)
    for name, values in filters.items():
        if name not in searched.columns:
            raise DataError(f"there is no column {name!r}; {suggestion(name, searched.columns)}")
        column = searched[name]
        wanted = [_matches(column, value) for value in values]
        searched = searched.filter(pl.any_horizontal(wanted))
    return select(searched, [parse_condition(text) for text in conditions], columns)


def _matches(column: pl.Series, value: str) -> pl.Expr:
    """Tell which cells have a value; an empty one stands for the empty cells."""
    cell, dtype = pl.col(column.name), column.dtype
    if value == "":
        return cell.is_null()
    if isinstance(dtype, pl.List):
        return cell.list.eval(pl.element().cast(pl.String)).list.contains(value)
    if dtype == pl.Boolean:
        return cell == _read(column.name, value, TRUTH.get(value.lower()), "true or false")
    if dtype.is_numeric():
        return cell == _read(column.name, value, _number(value), "a number")
    if dtype == pl.Date:
        return cell == _read(column.name, value, _day(value), "a date (YYYY-MM-DD)")
    text = cell.cast(pl.String)
    return (text == value) | text.str.split(",").list.eval(
        pl.element().str.strip_chars()
    ).list.contains(value)


def _read(column: str, value: str, read: Read | None, kind: str) -> Read:
    if read is None:
        raise DataError(f"column {column} is compared with {value!r}: not {kind}")
    return read


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _written(
    frame: pl.DataFrame,
    table_format: TableFormat,
    places: StudyPlaces | None,
    no_places: str,
) -> bytes:
    match table_format:
        case TableFormat.JSON:
            return _json_rows(frame).encode()
        case TableFormat.CSV:
            return _csv(frame)
        case TableFormat.GEOJSON:
            geometries = None if places is None else places.of(frame)
            if geometries is None:
                raise _no_geojson(no_places)
            return _geojson(frame, geometries)


def _no_geojson(reason: str) -> RefusedError:
    message = f"this table is not to be had as GeoJSON: {reason}; json and csv are"
    return RefusedError(HTTPStatus.NOT_ACCEPTABLE, message)


def _json_rows(frame: pl.DataFrame) -> str:
    finite = frame.with_columns(
        pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name)
        for name, dtype in frame.schema.items()
        if dtype.is_float()
    )
    return finite.write_json()


def _csv(frame: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.with_columns(
        pl.col(name).list.eval(pl.element().cast(pl.String)).list.join(",")
        for name, dtype in frame.schema.items()
        if isinstance(dtype, pl.List)
    ).write_csv(stream)
    return stream.getvalue()


def _geojson(frame: pl.DataFrame, geometries: Sequence[Mapping[str, Any] | None]) -> bytes:
    # A row's course is the feature's own geometry, not a property too.
    rows = json.loads(_json_rows(frame.drop("geometry", strict=False)))
    features = [
        {
            "type": "Feature",
            "id": row[frame.columns[0]],
            "geometry": geometry,
            "properties": row,
        }
        for row, geometry in zip(rows, geometries, strict=True)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()
