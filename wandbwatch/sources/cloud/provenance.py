"""What a run was made with: two files that the SDK saves with each run."""

from __future__ import annotations

from collections.abc import Sequence

from wandbwatch.analysis.provenance import LARGEST, METADATA, REQUIREMENTS
from wandbwatch.analysis.provenance import provenance as read
from wandbwatch.model.media import RunFile
from wandbwatch.model.provenance import Provenance

PATHS = (METADATA, REQUIREMENTS)


def provenance(files: Sequence[RunFile]) -> Provenance:
    """Fetch and read those of *files* that tell it; raises SourceError."""
    texts = {
        one.path: b"".join(one.content()).decode(errors="replace")
        for one in files
        if one.path in PATHS and (one.size or 0) <= LARGEST
    }
    return read(texts.get(METADATA, ""), texts.get(REQUIREMENTS, ""))
