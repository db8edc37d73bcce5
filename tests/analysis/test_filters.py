"""MongoDB's filters and wandb's orders over runs, as values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from wandbwatch.analysis import filters
from wandbwatch.model.errors import UsageError
from wandbwatch.model.run import Json, Run, State

RUNS = (
    Run(
        "a1",
        "baseline",
        State.FINISHED,
        created=datetime(2024, 1, 1, 12, tzinfo=UTC),
        group="g",
        job_type="train",
        tags=("x", "y"),
        runtime=90.0,
        entity="acme",
        project="gpt",
        config={
            "layers": [{"units": 8}, {"units": 16}],
            "lr": 0.1,
            "net.depth": 2,
            "opt": "adam",
            "flag": True,
            "none": None,
        },
        summary={"loss": 0.5, "acc.max": 0.9, "nan": math.nan},
    ),
    Run(
        "b2",
        "Big one",
        State.FAILED,
        created=datetime(2024, 2, 1, tzinfo=UTC),
        tags=("y",),
        config={"lr": 1, "opt": "sgd", "flag": False},
        summary={"loss": math.nan},
    ),
    Run("c3", "third", State.RUNNING, summary={"loss": 2.0, "nan": 1.0}),
)


def found(wanted: Mapping[str, Json]) -> str:
    test = filters.parse(wanted).test
    return "".join(run.id[0] for run in RUNS if test(run))


def order(by: str) -> str:
    return "".join(run.id[0] for run, _ in filters.ordered(((r, 0) for r in RUNS), by))


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, "abc"),
        ({"state": "finished"}, "a"),
        ({"state": {"$in": ["failed", "running"]}}, "bc"),
        ({"state": {"$nin": ["failed", "running"]}}, "a"),
        ({"state": {"$ne": "failed"}}, "ac"),
        ({"group": "g"}, "a"),
        ({"group": {"$ne": "g"}}, "bc"),
        ({"group": None}, "bc"),
        ({"jobType": "train"}, "a"),
        ({"name": "b2"}, "b"),
        ({"display_name": {"$regex": "^[bB]"}}, "ab"),
        ({"displayName": {"$regex": "^b", "$options": "i"}}, "ab"),
        ({"display_name": {"$not": {"$regex": "one"}}}, "ac"),
        ({"tags": "y"}, "ab"),
        ({"tags": ["x", "y"]}, "a"),
        ({"tags": {"$in": ["x"]}}, "a"),
        ({"tags": {"$nin": ["x"]}}, "bc"),
        ({"tags": {"$ne": "x"}}, "bc"),
        ({"tags": {"$exists": True}}, "abc"),
        ({"created_at": {"$gt": "2024-01-15"}}, "b"),
        ({"created_at": {"$gte": "2024-01-01T12:00:00Z"}}, "ab"),
        ({"createdAt": {"$lt": "2024-01-01T13:30:00+01:00"}}, "a"),
        ({"created_at": "2024-02-01T00:00:00"}, "b"),
        ({"created_at": {"$gt": "yesterday"}}, ""),
        ({"config.lr": 0.1}, "a"),
        ({"config.lr.value": {"$gte": 0.1}}, "ab"),
        ({"config.lr": {"$gt": 0.1, "$lt": 2}}, "b"),
        ({"config.net.depth": 2}, "a"),
        ({"config.net.value.depth": 2}, "a"),
        ({"config.net": {"depth": 2}}, "a"),
        ({"config.net": {"$exists": True}}, "a"),
        ({"config.net": {"$exists": False}}, "bc"),
        ({"config.none": {"$exists": True}}, "a"),
        ({"config.none": None}, "abc"),
        ({"config.flag": True}, "a"),
        ({"config.flag": 1}, ""),
        ({"config.lr": True}, ""),
        ({"config.opt": {"$gt": "b"}}, "b"),
        ({"config.opt": {"$gt": 1}}, ""),
        ({"config.flag": {"$gte": 0}}, ""),
        ({"summary_metrics.loss": {"$lte": 2}}, "ac"),
        ({"summary_metrics.loss": {"$not": {"$lte": 1}}}, "bc"),
        ({"summary_metrics.acc.max": {"$gt": 0.8}}, "a"),
        ({"$or": [{"state": "failed"}, {"config.lr": 0.1}]}, "ab"),
        ({"$and": [{"tags": "y"}, {"tags": "x"}]}, "a"),
        ({"$nor": [{"tags": "x"}, {"state": "failed"}]}, "c"),
        ({"$and": [{"$or": [{"name": "a1"}, {"name": "b2"}]}], "state": "failed"}, "b"),
        ({"config.lr": {"$eq": 1}}, "b"),
        ({"$not": {"tags": "x"}}, "bc"),
        ({"tags": {"$all": ["x", "y"]}}, "a"),
        ({"tags": {"$all": ["y"]}}, "ab"),
        ({"tags": {"$all": []}}, ""),
        ({"tags": {"$size": 1}}, "b"),
        ({"tags": {"$size": 0}}, "c"),
        ({"tags": {"$elemMatch": {"$regex": "^x", "$ne": "z"}}}, "a"),
        ({"state": {"$elemMatch": {"$regex": "f"}}}, ""),
        ({"config.layers": {"$elemMatch": {"units": {"$gt": 8}}}}, "a"),
        ({"config.layers": {"$elemMatch": {"units": 8, "bias": True}}}, ""),
        ({"duration": {"$gt": 60}}, "a"),
        ({"entity": "acme"}, "a"),
        ({"project": {"$ne": "gpt"}}, "bc"),
        ({"createdAt": {"$gt": 1705276800}}, "b"),
        ({"created_at": {"$gt": 1705276800000}}, "b"),
        ({"createdAt": {"$gt": 1e300}}, ""),
        ({"summaryMetrics.loss": 2}, "c"),
        ({"$not": {"tags": "y", "name": "a1"}}, "bc"),
    ],
)
def test_filters_mean_what_mongodb_means(wanted, ids):
    assert found(wanted) == ids


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"state": {"$near": 1}}, "state: '$near' is not one of $eq, $ne, $gt"),
        ({"$xor": []}, "'$xor' is not one of $and, $or, $nor, $not"),
        ({"$not": [{"state": "failed"}]}, "$not takes a filter, not [{'state'"),
        ({"$or": {"state": "failed"}}, "$or takes a list of filters"),
        ({"$and": []}, "$and takes a list of filters"),
        ({"$and": ["failed"]}, "$and takes a list of filters, not 'failed'"),
        ({"state": {"$in": "failed"}}, "$in takes a list, not 'failed'"),
        ({"state": {"$nin": 1}}, "$nin takes a list, not 1"),
        ({"name": {"$regex": "("}}, "$regex '('"),
        ({"name": {"$regex": 1}}, "$regex takes a text, not 1"),
        ({"name": {"$regex": "a", "$options": "q"}}, "$options has 'q'"),
        ({"loss": 1}, "runs have no 'loss'; they have state, group"),
        ({"loss": 1}, "write summary_metrics.loss for a metric, config.loss for"),
        ({"stat": 1}, "runs have no 'stat'; did you mean 'state'?"),
        ({"jobtype": 1}, "runs have no 'jobtype'; did you mean 'job_type'?"),
        ({"tags": {"$all": "x"}}, "$all takes a list, not 'x'"),
        ({"tags": {"$size": "x"}}, "$size takes a number, not 'x'"),
        ({"tags": {"$elemMatch": "x"}}, "$elemMatch takes a filter, not 'x'"),
    ],
)
def test_a_wrong_filter_is_said_in_one_line(wanted, says):
    with pytest.raises(UsageError) as caught:
        filters.parse(wanted)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_gets_times_as_it_reads_them():
    wanted: Mapping[str, Json] = {
        "$or": [{"createdAt": {"$gt": 1704110400}}, {"heartbeat_at": "2024-01-01"}],
        "created_at": {"$lt": "2024-01-01T13:30:00+01:00", "$ne": None},
        "config.year": 1704110400,
        "summary_metrics.when": {"$gt": 1704110400},
    }
    assert filters.worded(wanted) == {
        "$or": [
            {"createdAt": {"$gt": "2024-01-01T12:00:00Z"}},
            {"heartbeat_at": "2024-01-01T00:00:00Z"},
        ],
        "created_at": {"$lt": "2024-01-01T12:30:00Z", "$ne": None},
        "config.year": 1704110400,
        "summary_metrics.when": {"$gt": 1704110400},
    }
    with pytest.raises(UsageError, match="did you mean 'state'"):
        filters.worded({"$and": [{"stat": 1}]})


def test_a_filter_names_the_keys_it_needs():
    columns = filters.parse(
        {"$or": [{"config.lr.value": 1}, {"summary_metrics.a": 2}, {"state": "x"}]}
    ).columns
    assert [key for c in columns for key in c.summary] == ["a"]
    assert "lr" in [key for c in columns for key in c.config]


@pytest.mark.parametrize(
    ("by", "ids"),
    [
        ("created_at", "abc"),
        ("+created_at", "abc"),
        ("-created_at", "bac"),
        ("summary_metrics.loss", "acb"),
        ("-summary_metrics.loss", "cab"),
        ("summary_metrics.nan", "cab"),
        ("-summary_metrics.nan", "cab"),
        ("config.lr.value", "abc"),
        ("-config.lr", "bac"),
        ("config.opt", "abc"),
        ("-config.opt", "bac"),
        ("-display_name", "cab"),
        ("state", "bac"),
        ("tags", "abc"),
    ],
)
def test_orders_leave_what_is_missing_for_last(by, ids):
    assert order(by) == ids


def test_an_order_by_nothing_known():
    with pytest.raises(UsageError, match="runs have no 'speed'"):
        filters.by("-speed")


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (
            {"tags": {"$all": ["a", "b"]}, "state": "running"},
            {
                "$and": [
                    {"tags": {"$in": ["a"]}},
                    {"tags": {"$in": ["b"]}},
                    {"state": "running"},
                ]
            },
        ),
        ({"tags": {"$elemMatch": {"$eq": "a"}}}, {"tags": {"$in": ["a"]}}),
        ({"tags": {"$elemMatch": {"$in": ["a"]}}}, {"tags": {"$in": ["a"]}}),
        (
            {"$or": [{"tags": {"$all": ["a"], "$size": 1}}]},
            {"$or": [{"$and": [{"tags": {"$in": ["a"]}}, {"tags": {"$size": 1}}]}]},
        ),
        (
            {"tags": {"$elemMatch": {"$regex": "a"}}},
            {"tags": {"$elemMatch": {"$regex": "a"}}},
        ),
        ({"tags": {"$all": []}}, {"tags": {"$all": []}}),
    ],
)
def test_a_server_is_asked_with_operators_that_every_one_knows(wanted, sent):
    assert filters.worded(wanted) == sent
    for tags in ((), ("a",), ("b", "a"), ("ab",), ("a", "b", "c")):
        run = Run("x", "x", State.RUNNING, tags=tags)
        assert filters.parse(wanted).test(run) is filters.parse(sent).test(run)
