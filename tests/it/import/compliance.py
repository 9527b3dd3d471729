"""How promises were kept, reckoned from exported events alone.

    python3 compliance.py EVENTS [--as-of 2026-11-23T12:00:00Z]

Reads the log as `GET /v1/events` gives it with `Accept: application/x-ndjson`, from the file EVENTS, and prints
one line for each clock of each ticket:

    number clock instance verdict started deadline stopped elapsed

A clock that runs is `breached` if its deadline is before `--as-of`, or before the last event unless that is said.

It shares nothing with Docket but the rules (docs/guides/verdicts.md): another language, the time zone database
of the system, and open hours that are walked day by day instead of looked up in a table. The clocks of queues
(`ola`) are not covered, nor are tickets that went through what NOT_COVERED names: each is left out, which is said
on the standard error output.
"""

import argparse
import json
import re
import sys
from datetime import date, datetime, timedelta, timezone

try:
    from zoneinfo import ZoneInfo
except ImportError:
    ZoneInfo = None

UTC = timezone.utc
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAY_MS = 86_400_000
FARTHEST_DAYS = 3653
PEOPLE = {"agent", "admin", "external"}
NOT_COVERED = {
    "TicketMerged": "was merged",
    "TicketAbsorbed": "took in another ticket",
    "TicketUnmerged": "was merged",
    "TicketSplit": "was split",
    "SlaReapplied": "had a plan reapplied",
}


def millis(text):
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def told(at):
    if at is None:
        return "-"
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03}Z"


def length(text, day_ms):
    """An ISO 8601 duration in milliseconds, where a day has so many."""
    weeks, days, hours, minutes, seconds = re.fullmatch(
        r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", text
    ).groups(default="0")
    whole_days = 7 * int(weeks) + int(days)
    seconds = 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    return whole_days * day_ms + round(seconds * 1000)


class Calendar:
    def __init__(self, document, offsets):
        self.document, self.offsets, self.known = document, offsets, {}
        self.zone = None
        try:
            self.zone = ZoneInfo(document["zone"]) if ZoneInfo else None
        except Exception:
            pass  # No time zone database here: the offsets that were published with it must do.
        self.exceptions = {it["date"]: it["open"] for it in document.get("exceptions", [])}
        self.day_ms = length(document["day"], DAY_MS)

    def instant(self, day, minutes):
        """When the wall clock shows a time; skipped times move forward, of repeated ones it is the first."""
        local = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
        if self.zone:
            return round(local.replace(tzinfo=self.zone, fold=0).timestamp() * 1000)
        naive = round((local - datetime(1970, 1, 1)) / timedelta(milliseconds=1))
        before = [seconds for since, seconds in self.offsets if since <= naive - DAY_MS] or [0]
        after = [seconds for since, seconds in self.offsets if since <= naive - 1000 * before[-1]]
        now = after[-1] if after else 0
        moved = naive - 1000 * now
        held = [seconds for since, seconds in self.offsets if since <= moved]
        return moved if held and held[-1] == now else naive - 1000 * before[-1]

    def open_on(self, day):
        """The open stretches that begin on a day."""
        if day not in self.known:
            weekly = self.document.get("weekly", {}).get(DAYS[day.weekday()], [])
            yearly = self.exceptions.get(day.strftime("--%m-%d"), weekly)
            stretches = []
            for text in self.exceptions.get(day.isoformat(), yearly):
                opens, closes = [int(it[:2]) * 60 + int(it[3:]) for it in text.split("-")]
                closes += 1440 if closes <= opens else 0
                stretches.append((self.instant(day, opens), self.instant(day, closes)))
            self.known[day] = sorted(it for it in stretches if it[0] < it[1])
        return self.known[day]

    def stretches(self, start):
        """Open stretches from an instant on, as long as any deadline is looked for."""
        day = date(1970, 1, 1) + timedelta(days=start // DAY_MS - 2)
        reached = start
        for _ in range(FARTHEST_DAYS + 3):
            for opens, closes in self.open_on(day):
                opens = max(opens, reached)
                if opens < closes:
                    reached = closes
                    yield opens, closes
            day += timedelta(days=1)

    def counted(self, start, end):
        total = 0
        for opens, closes in self.stretches(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def after(self, start, left):
        if left <= 0:
            return start
        for opens, closes in self.stretches(start):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        return None


class Wall:
    """All time counts."""

    day_ms = DAY_MS

    def counted(self, start, end):
        return max(end - start, 0)

    def after(self, start, left):
        return start + left


class Plan:
    def __init__(self, document, calendar):
        self.document = document
        self.hours = Wall() if document.get("time") == "wall" else calendar

    def pauses(self, kind, status):
        return status in self.document.get("pauses", {}).get(kind, [])

    def target(self, kind, keys):
        """What the most specific row sets that has the target."""
        middle = "type" if kind == "resolution" else "channel"
        rows = self.document["resolve" if kind == "resolution" else "respond"]
        found = None
        for row in rows:
            named = [row.get(column, "*") for column in ("tier", middle, "priority")]
            asked = [keys["tier"], keys[middle], keys["priority"]]
            if kind in row and all(it in ("*", value) for it, value in zip(named, asked)):
                is_named = [it != "*" for it in named]
                rank = (sum(is_named), *is_named)
                if found is None or rank > found[0]:
                    found = (rank, length(row[kind], self.hours.day_ms))
        return found and found[1]


class Clock:
    def __init__(self, kind, instance, plan, target, at, paused):
        self.kind, self.instance, self.plan, self.target = kind, instance, plan, target
        self.started, self.spans = at, [(at, paused)]
        self.stopped = self.by = self.breach = None
        self.waiting = set()

    def pause(self, at, paused):
        if self.spans[-1][1] != paused:
            self.spans.append((at, paused))

    def running(self, until):
        ends = [start for start, _ in self.spans[1:]] + [until]
        for (start, paused), end in zip(self.spans, ends):
            if not paused and (until is None or start < min(end, until)):
                yield start, end if until is None else min(end, until)

    def elapsed(self, until):
        return sum(self.plan.hours.counted(start, end) for start, end in self.running(until))

    def deadline(self):
        if self.breach is not None:
            return self.breach
        left = self.target
        for start, end in self.running(None) if left is not None else []:
            reached = self.plan.hours.after(start, left)
            if end is None or (reached is not None and reached <= end):
                return reached
            left -= self.plan.hours.counted(start, end)
        return None

    def retarget(self, at, target):
        if self.breach is None and target != self.target:
            due = self.deadline()
            if due is None or due >= at:
                self.target = target
                due = self.deadline()
            if due is not None and due < at:
                self.breach = due

    def verdict(self, as_of):
        due = self.deadline()
        end = as_of if self.stopped is None else self.stopped
        late = self.breach is not None or (due is not None and due < end)
        if late:
            return "breached"
        if self.stopped is None:
            return "-"
        if self.kind == "assignment" and self.by == "closed":
            return "cancelled"
        nothing = self.target is None or (not self.spans[-1][1] and due is None)
        return "-" if nothing else "met"


class Ticket:
    def __init__(self, event, at, plan):
        data = event["data"]
        self.number, self.plan, self.clocks, self.left_out = data["number"], plan, [], None
        if (data.get("origin") or {}).get("waiting"):
            self.left_out = "was split off while its customer waited"
        self.status, self.asked_for, self.owned, self.closed = data["status"], None, False, None
        self.keys = {"tier": data["tier"], "channel": data["channel"], "priority": None, "type": None}
        self.read(priority=data["priority"], type=data.get("type"))
        self.start("assignment", at)
        if data["opened_by"] == "customer":
            self.start("first_response", at)
        self.start("resolution", at)

    def read(self, **terms):
        for name, term in terms.items():
            self.keys[name] = term["key"] if term else "*"
            if term and term.get("times"):
                self.left_out = "had a priority with times of its own"

    def paused(self, kind):
        # In a snooze a clock pauses only where the customer asked for it.
        named = any(self.plan.pauses(kind, self.status[of]) for of in ("key", "base"))
        return named and self.asked_for is not False

    def start(self, kind, at):
        instance = 1 + sum(clock.kind == kind for clock in self.clocks)
        target = self.plan.target(kind, self.keys)
        self.clocks.append(Clock(kind, instance, self.plan, target, at, self.paused(kind)))

    def open_clocks(self, *kinds):
        return [it for it in self.clocks if it.stopped is None and (not kinds or it.kind in kinds)]

    def stop(self, at, by, *kinds):
        for clock in self.open_clocks(*kinds):
            clock.stopped, clock.by = at, by

    def take(self, event, at):
        kind, data = event["type"], event["data"]
        self.left_out = self.left_out or NOT_COVERED.get(kind)
        moved = data if kind == "TicketStatusChanged" else data.get("status")
        if isinstance(moved, dict) and "to" in moved:
            self.status = moved["to"]
            self.asked_for = data["reason"] == "customer_asked" if kind == "TicketSnoozed" else None
            for clock in self.open_clocks():
                clock.pause(at, self.paused(clock.kind))
        answers = ("first_response", "next_reply")
        if kind in ("TicketAssigned", "TicketHandedOver"):
            self.owned = True
            self.stop(at, "owner", "assignment")
        elif kind in ("TicketUnassigned", "TicketTransferred"):
            self.owned = False
            self.rearm(at)
        elif kind == "OwnerAbsent":
            self.rearm(at)
        elif kind == "OwnerReturned" and self.owned:
            self.stop(at, "return", "assignment")
        elif kind == "MessageReceived":
            if not self.open_clocks(*answers):
                again = any(clock.kind == "first_response" for clock in self.clocks)
                self.start("next_reply" if again else "first_response", at)
            for clock in self.open_clocks(*answers):
                clock.waiting.add(data["message"]["id"])
        elif kind == "MessageFiled":
            # The first response is still owed; a next reply is not once all that it waited for is filed.
            for clock in self.open_clocks("next_reply"):
                clock.waiting -= set(data["message_ids"])
                if not clock.waiting:
                    clock.stopped, clock.by = at, "no_reply_needed"
        elif kind == "TicketReplied" and event["actor"]["kind"] in PEOPLE:
            self.stop(at, "reply", *answers)
        elif kind in ("CallLogged", "ContactLogged", "ChatLogged"):
            spoken = data.get("outcome", "answered") == "answered" and not data.get("abandoned")
            if spoken and (event["actor"]["kind"] in PEOPLE or data.get("agent")):
                self.stop(at, "spoken", *answers)
        elif kind == "TicketPrioritized":
            self.read(priority=data["to"])
            self.retarget(at)
        elif kind == "TicketReclassified":
            self.read(type=data.get("type"))
            if not data.get("terms_follow"):
                self.retarget(at)
        elif kind == "TicketTermsChanged":
            self.keys.update(tier=data["tier"], channel=data["channel"])
            self.retarget(at)
        elif kind == "TicketClosed":
            self.closed = at
            self.stop(at, "closed")
        elif kind == "TicketReopened":
            self.reopen(at)

    def retarget(self, at):
        for clock in self.open_clocks():
            clock.retarget(at, self.plan.target(clock.kind, self.keys))

    def rearm(self, at):
        if not self.open_clocks("assignment"):
            self.start("assignment", at)

    def reopen(self, at):
        """The resolution goes on without the time between; nobody owning it, an owner is due again."""
        old = [clock for clock in self.clocks if clock.kind == "resolution"][-1]
        more = Clock("resolution", old.instance + 1, old.plan, old.target, old.started, False)
        more.spans, more.breach = list(old.spans), old.breach
        more.pause(self.closed, True)
        more.pause(at, self.paused("resolution"))
        self.clocks.append(more)
        if not self.owned:
            self.rearm(at)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("events")
    arguments.add_argument("--as-of", type=millis)
    asked = arguments.parse_args()
    documents, tickets, last = {}, {}, 0
    for line in open(asked.events, encoding="utf-8"):
        event = json.loads(line)
        stream, data = event["stream"], event["data"]
        at = millis(event["occurred_at"])
        last = max(last, at)
        if event["type"] == "DefinitionPublished":
            kind, document = next(iter(data["document"].items()))
            offsets = (data.get("zone_offsets") or {}).get("offsets", [])
            documents[kind, data["key"], event["version"]] = (document, offsets)
        elif event["type"] == "TicketCreated":
            plan, calendar = data["sla"]["plan"], data["sla"]["calendar"]
            versions = (plan["key"], plan["version"], calendar["key"], calendar["version"])
            if versions not in documents:
                of = Calendar(*documents["calendar", calendar["key"], calendar["version"]])
                documents[versions] = Plan(documents["plan", plan["key"], plan["version"]][0], of)
            tickets[stream] = Ticket(event, at, documents[versions])
        elif stream in tickets:
            tickets[stream].take(event, at)
    as_of = last if asked.as_of is None else asked.as_of
    for ticket in tickets.values():
        if ticket.left_out:
            print(f"ticket {ticket.number} is left out: it {ticket.left_out}", file=sys.stderr)
            continue
        for clock in ticket.clocks:
            elapsed = "-" if clock.stopped is None else clock.elapsed(clock.stopped)
            times = [told(it) for it in (clock.started, clock.deadline(), clock.stopped)]
            print(ticket.number, clock.kind, clock.instance, clock.verdict(as_of), *times, elapsed)
    left_out = sum(ticket.left_out is not None for ticket in tickets.values())
    print(f"{len(tickets) - left_out} tickets reckoned, {left_out} left out", file=sys.stderr)


main()
