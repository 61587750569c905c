"""Every operation of the API: the one table from which routes and OpenAPI are made."""

from __future__ import annotations

import functools
import json
from http import HTTPMethod, HTTPStatus

from transport_api import (
    answers_of_job_tables,
    events,
    health,
    job_answers,
    jobs,
    requests,
    service_answers,
    source_answers,
    tables,
    ticks,
    transport_answers,
    transports,
    watchers,
)
from transport_api.call import EVENT_STREAM, Access, Call, Header, Need, Operation, Reply
from transport_api.openapi import openapi_document

_IF_MATCH = {
    "If-Match": Header(
        says="The ETag that the change goes by; 412 where it is no longer that",
        pattern=r'^\s*("[0-9]{1,12}"|\*)\s*$',
    )
}
_FRESH = {
    "Cache-Control": Header(
        says="no-cache asks Oracle anew; otherwise Age says how old the list is"
    )
}
_KEY = {
    "Idempotency-Key": Header(
        says="The same key gives the same job, for two days",
        pattern=r"^(?!schedule:)[!-~]([ -~]{0,253}[!-~])?$",
    )
}
_NOT_FOUND = (HTTPStatus.NOT_FOUND,)
_STATE = (Need.STATE,)
_ORACLE = (Need.ORACLE,)
_STREAM_HEADERS = {
    "Last-Event-ID": Header(says="The id of the last event seen; the stream goes on behind it")
}


def show_openapi(call: Call[requests.NothingAsked, None]) -> Reply:
    """Describe the API."""
    return Reply(content=_openapi_text(call.service.version))


@functools.cache
def _openapi_text(version: str) -> bytes:
    return json.dumps(openapi_document(OPERATIONS, version=version)).encode()


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="tellHealth",
        method=HTTPMethod.GET,
        path="/health",
        summary="Tell how the service and its parts are",
        handle=health.tell_health,
        answer=service_answers.HealthAnswer,
        refusals=(HTTPStatus.SERVICE_UNAVAILABLE,),
        access=Access.ANYONE,
    ),
    Operation(
        name="tellLive",
        method=HTTPMethod.GET,
        path="/health/live",
        summary="Tell that the process answers, without touching anything",
        handle=health.tell_live,
        answer=service_answers.LiveAnswer,
        access=Access.ANYONE,
    ),
    Operation(
        name="tellOracleStatus",
        method=HTTPMethod.GET,
        path="/oracle/status",
        summary="Test the connection to every source, at most every ten seconds",
        handle=health.tell_oracle_status,
        answer=service_answers.OracleStatusAnswer,
    ),
    Operation(
        name="listTables",
        method=HTTPMethod.GET,
        path="/tables",
        summary="List the tables that the account may read",
        handle=tables.list_,
        needs=_ORACLE,
        query=requests.TablesAsked,
        answer=source_answers.TablesAnswer,
        headers=_FRESH,
        refusals=_NOT_FOUND,
    ),
    Operation(
        name="sampleTable",
        method=HTTPMethod.GET,
        path="/tables/{name...}/sample",
        summary="Show a table's first rows, as objects would hold them",
        handle=tables.sample,
        needs=_ORACLE,
        query=requests.SampleAsked,
        answer=source_answers.SampleAnswer,
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
    Operation(
        name="showTable",
        method=HTTPMethod.GET,
        path="/tables/{name...}",
        summary="Show a table's columns and keys, and how each column would be carried",
        handle=tables.show,
        needs=_ORACLE,
        query=requests.TableAsked,
        answer=source_answers.TableAnswer,
        refusals=_NOT_FOUND,
    ),
    Operation(
        name="createTransport",
        method=HTTPMethod.POST,
        path="/transports",
        summary="Create a transport",
        handle=transports.create,
        needs=_STATE,
        query=requests.EditAsked,
        body=requests.TransportSent,
        answer=transport_answers.TransportAnswer,
        status=HTTPStatus.CREATED,
        also={HTTPStatus.OK: "With validate_only: the transport as it would be"},
        refusals=(HTTPStatus.CONFLICT,),
    ),
    Operation(
        name="listTransports",
        method=HTTPMethod.GET,
        path="/transports",
        summary="List transports, newest first",
        handle=transports.list_,
        needs=_STATE,
        query=requests.PageAsked,
        answer=transport_answers.TransportsAnswer,
    ),
    Operation(
        name="showTransport",
        method=HTTPMethod.GET,
        path="/transports/{transport_id}",
        summary="Show a transport",
        handle=transports.show,
        needs=_STATE,
        answer=transport_answers.TransportAnswer,
        refusals=_NOT_FOUND,
    ),
    Operation(
        name="changeTransport",
        method=HTTPMethod.PATCH,
        path="/transports/{transport_id}",
        summary="Change some fields of a transport; a job that runs goes on as it was",
        handle=transports.change,
        needs=_STATE,
        query=requests.EditAsked,
        body=requests.TransportChange,
        answer=transport_answers.TransportAnswer,
        headers=_IF_MATCH,
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED),
    ),
    Operation(
        name="removeTransport",
        method=HTTPMethod.DELETE,
        path="/transports/{transport_id}",
        summary="Remove a transport that does not run; its jobs stay",
        handle=transports.remove,
        needs=_STATE,
        answer=None,
        status=HTTPStatus.NO_CONTENT,
        headers=_IF_MATCH,
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED),
    ),
    Operation(
        name="executeTransport",
        method=HTTPMethod.POST,
        path="/transports/{transport_id}/execute",
        summary="Start a job of a transport",
        handle=transports.execute,
        needs=(Need.STATE, Need.ORACLE),
        body=requests.ExecuteSent,
        answer=job_answers.JobAnswer,
        status=HTTPStatus.ACCEPTED,
        headers=_KEY,
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
    Operation(
        name="watchTransport",
        method=HTTPMethod.GET,
        path="/transports/{transport_id}/status",
        summary="Follow a transport's running or last job as Server-Sent Events",
        handle=events.watch_transport,
        needs=_STATE,
        answer=None,
        also={HTTPStatus.NO_CONTENT: "All was told: do not come back"},
        content_type=EVENT_STREAM,
        headers=_STREAM_HEADERS,
        refusals=_NOT_FOUND,
    ),
    Operation(
        name="listJobs",
        method=HTTPMethod.GET,
        path="/jobs",
        summary="List jobs, newest first",
        handle=jobs.list_,
        needs=_STATE,
        query=requests.JobsAsked,
        answer=job_answers.JobsAnswer,
    ),
    Operation(
        name="showJob",
        method=HTTPMethod.GET,
        path="/jobs/{job_id}",
        summary="Show a job and its metrics",
        handle=jobs.show,
        needs=_STATE,
        answer=job_answers.JobAnswer,
        refusals=_NOT_FOUND,
    ),
    Operation(
        name="listTablesOfJob",
        method=HTTPMethod.GET,
        path="/jobs/{job_id}/tables",
        summary="List a job's tables, in the transport's order",
        handle=jobs.list_tables,
        needs=_STATE,
        query=requests.PageAsked,
        answer=answers_of_job_tables.TablesOfJobAnswer,
        refusals=_NOT_FOUND,
    ),
    Operation(
        name="watchJob",
        method=HTTPMethod.GET,
        path="/jobs/{job_id}/events",
        summary="Follow a job as Server-Sent Events",
        handle=events.watch_one_job,
        needs=_STATE,
        answer=None,
        also={HTTPStatus.NO_CONTENT: "All was told: do not come back"},
        content_type=EVENT_STREAM,
        headers=_STREAM_HEADERS,
        refusals=_NOT_FOUND,
    ),
    Operation(
        name="cancelJob",
        method=HTTPMethod.POST,
        path="/jobs/{job_id}/cancel",
        summary="Ask a job to stop; its workers do within seconds",
        handle=jobs.cancel,
        needs=_STATE,
        body=requests.Nothing,
        answer=job_answers.JobAnswer,
        status=HTTPStatus.ACCEPTED,
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    ),
    Operation(
        name="retryJob",
        method=HTTPMethod.POST,
        path="/jobs/{job_id}/retry",
        summary="Start a job that does the unfinished tables of a failed or cancelled one",
        handle=jobs.retry,
        needs=(Need.STATE, Need.ORACLE),
        body=requests.Nothing,
        answer=job_answers.JobAnswer,
        status=HTTPStatus.ACCEPTED,
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    ),
    Operation(
        name="showManifest",
        method=HTTPMethod.GET,
        path="/jobs/{job_id}/manifest",
        summary="Show a job's manifest",
        handle=jobs.show_manifest,
        needs=(Need.STATE, Need.STORE),
        answer=None,
        refusals=_NOT_FOUND,
    ),
    Operation(
        name="signInWatcher",
        method=HTTPMethod.POST,
        path="/watchers/sign-in",
        summary="Get a token to listen to jobs in Firestore with, where that is set up",
        handle=watchers.sign_in,
        needs=(Need.SIGN_IN,),
        body=requests.Nothing,
        answer=service_answers.WatcherAnswer,
        refusals=_NOT_FOUND,
    ),
    Operation(
        name="showOpenapi",
        method=HTTPMethod.GET,
        path="/openapi.json",
        summary="Describe the API in OpenAPI",
        handle=show_openapi,
        answer=None,
    ),
    Operation(
        name="runTick",
        method=HTTPMethod.POST,
        path="/internal/tick",
        summary="Repair what was left behind and start what is due; the scheduler's",
        handle=ticks.run_tick,
        needs=_STATE,
        body=requests.Nothing,
        answer=service_answers.TickAnswer,
        access=Access.SCHEDULER,
        is_below_api=False,
    ),
)
