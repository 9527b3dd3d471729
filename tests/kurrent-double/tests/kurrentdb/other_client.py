"""What an independent client makes of the double, and of what Docket wrote there.

Called with the connection string; prints one JSON document. Written for kurrentdbclient, which shares
nothing with the client that Docket uses but the protocol.
"""

import json
import sys
from uuid import UUID

from kurrentdbclient import KurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import NotFoundError, WrongCurrentVersionError

# Appended under an id of its own, so that a repeated append is recognised.
MEASURED = NewEvent(
    type="Measured",
    data=b'{"celsius": 21.5}',
    metadata=b'{"$correlationId": "5a8f5bd1-7f5c-4c0e-a2b4-0b7c6c1d2e3f"}',
    id=UUID("9f0c3c1e-6b1f-4a52-8d67-0d5c3f5f7a11"),
)


def shown(event):
    return {
        "id": str(event.id),
        "stream": event.stream_name,
        "place": event.stream_position,
        "type": event.type,
        "content_type": event.content_type,
        "data": json.loads(event.data),
        "metadata": json.loads(event.metadata),
    }


def refusal(attempt):
    try:
        attempt()
    except (NotFoundError, WrongCurrentVersionError) as error:
        return type(error).__name__
    return None


def main(uri):
    client = KurrentDBClient(uri)
    try:
        told = {"all": [shown(event) for event in client.read_all(filter_exclude=())]}
        append = lambda state: client.append_to_stream("sensor-1", current_version=state, events=[MEASURED])
        append(StreamState.NO_STREAM)
        append(StreamState.NO_STREAM)
        other = NewEvent(type="Measured", data=b"{}")
        told["refused"] = refusal(
            lambda: client.append_to_stream("sensor-1", current_version=7, events=[other])
        )
        told["missing"] = refusal(lambda: client.get_stream("sensor-2"))
        told["sensor"] = [shown(event) for event in client.get_stream("sensor-1")]
        backwards = client.get_stream("ticket-1", backwards=True, limit=2)
        told["backwards"] = [event.stream_position for event in backwards]
        behind = list(client.read_all(backwards=True, limit=1, filter_exclude=()))
        told["last"] = [event.stream_name for event in behind]
    finally:
        client.close()
    json.dump(told, sys.stdout)


main(sys.argv[1])
