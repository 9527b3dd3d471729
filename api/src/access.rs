//! Who may do what: the one table of routes and roles. What it does not name is denied.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use docket_domain::token::Role::{self, Admin, Agent, Analyst, Auditor, Supervisor};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anyone, without a token.
    Anyone,
    /// Tokens of these roles.
    Roles(&'static [Role]),
}

/// One route: a method on a path pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The pattern, as the routes are registered.
    pub path: &'static str,
    /// Who may call it.
    pub who: Who,
}

/// Everyone who reads: all five.
const READ: Who = Who::Roles(&[Agent, Supervisor, Auditor, Analyst, Admin]);
/// Those who work tickets.
const WORK: Who = Who::Roles(&[Agent, Supervisor, Admin]);
/// Those who may ask who looked at what.
const AUDIT: Who = Who::Roles(&[Auditor, Admin]);
/// Those who ask about all of the desk at length.
const REPORT: Who = Who::Roles(&[Supervisor, Auditor, Analyst, Admin]);
/// Those who plan who is there.
const LEAD: Who = Who::Roles(&[Supervisor, Admin]);
/// Administrators.
const ADMIN: Who = Who::Roles(&[Admin]);
/// No token needed: nothing of the desk is shown.
const OPEN: Who = Who::Anyone;

impl Route {
    /// The pattern as people read it: without what its parts must look like, and with the kind of
    /// definitions that a path names. For figures and logs, which keep apart what is asked for apart.
    pub fn label(&self, path: &str) -> Cow<'static, str> {
        if !self.path.contains(':') {
            return Cow::Borrowed(self.path);
        }
        let parts = self.path.split_inclusive(['{', '}']).map(|part| match part.split_once(':') {
            Some((name, _)) => format!("{name}}}"),
            None => part.to_owned(),
        });
        let readable: String = parts.collect();
        // A path may write a kind in escapes, in as many ways as it likes; figures know it by its word.
        let named = path.split('/').nth(2).unwrap_or_default();
        let mut kinds = self.path.split([':', '|', '}']);
        let kind = kinds.find(|kind| *kind == named).unwrap_or("{kind}");
        Cow::Owned(readable.replace("{kind}", kind))
    }
}

const fn route(method: &'static str, path: &'static str, who: Who) -> Route {
    Route { method, path, who }
}

/// The table. Sorted as the URLs are; a route that is registered but not named here answers 403 to
/// everybody and fails a test.
pub const ROUTES: &[Route] = &[
    route("GET", "/healthz", OPEN),
    route("GET", "/readyz", OPEN),
    route("GET", "/openapi.json", OPEN),
    route("GET", "/docs", OPEN),
    route("GET", "/docs/{_:.*}", OPEN),
    route("GET", "/metrics", READ),
    route("GET", "/v1/tickets", READ),
    route("POST", "/v1/tickets", WORK),
    route("GET", "/v1/tickets/{id}", READ),
    route("GET", "/v1/tickets/{id}/history", READ),
    route("GET", "/v1/tickets/{id}/timeline", READ),
    route("GET", "/v1/tickets/{id}/sla", READ),
    route("GET", "/v1/tickets/{id}/complaints", READ),
    route("GET", "/v1/tickets/{id}/drafts", READ),
    route("GET", "/v1/tickets/{id}/views-log", AUDIT),
    route("POST", "/v1/tickets/{id}/assign", WORK),
    route("POST", "/v1/tickets/{id}/unassign", WORK),
    route("POST", "/v1/tickets/{id}/handover", WORK),
    route("POST", "/v1/tickets/{id}/offer/accept", WORK),
    route("POST", "/v1/tickets/{id}/offer/decline", WORK),
    route("POST", "/v1/tickets/{id}/reply", WORK),
    route("POST", "/v1/tickets/{id}/draft", WORK),
    route("POST", "/v1/tickets/{id}/draft/discard", WORK),
    route("POST", "/v1/tickets/{id}/note", WORK),
    route("POST", "/v1/tickets/{id}/message", WORK),
    route("POST", "/v1/tickets/{id}/open", WORK),
    route("POST", "/v1/tickets/{id}/file", WORK),
    route("POST", "/v1/tickets/{id}/snooze", WORK),
    route("POST", "/v1/tickets/{id}/wake", WORK),
    route("POST", "/v1/tickets/{id}/delay", WORK),
    route("POST", "/v1/tickets/{id}/escalate", WORK),
    route("POST", "/v1/tickets/{id}/deescalate", WORK),
    route("POST", "/v1/tickets/{id}/merge", WORK),
    route("POST", "/v1/tickets/{id}/unmerge", WORK),
    route("POST", "/v1/tickets/{id}/split", WORK),
    route("POST", "/v1/tickets/{id}/link", WORK),
    route("POST", "/v1/tickets/{id}/unlink", WORK),
    route("POST", "/v1/tickets/{id}/close", WORK),
    route("POST", "/v1/tickets/{id}/reopen", WORK),
    route("POST", "/v1/tickets/{id}/status", WORK),
    route("POST", "/v1/tickets/{id}/priority", WORK),
    route("POST", "/v1/tickets/{id}/classify", WORK),
    route("POST", "/v1/tickets/{id}/transfer", WORK),
    route("POST", "/v1/tickets/{id}/tags", WORK),
    route("POST", "/v1/tickets/{id}/field", WORK),
    route("POST", "/v1/tickets/{id}/bounce", WORK),
    route("POST", "/v1/tickets/{id}/call", WORK),
    route("POST", "/v1/tickets/{id}/meeting", WORK),
    route("POST", "/v1/tickets/{id}/chat", WORK),
    route("POST", "/v1/tickets/{id}/commitment", WORK),
    route("POST", "/v1/tickets/{id}/commitment/keep", WORK),
    route("POST", "/v1/tickets/{id}/commitment/change", WORK),
    route("POST", "/v1/tickets/{id}/commitment/break", WORK),
    route("POST", "/v1/tickets/{id}/complaint", WORK),
    route("POST", "/v1/tickets/{id}/complaint/assign", WORK),
    route("POST", "/v1/tickets/{id}/complaint/decide", WORK),
    route("POST", "/v1/tickets/{id}/complaint/review", LEAD),
    route("POST", "/v1/tickets/{id}/rating", WORK),
    route("POST", "/v1/tickets/{id}/rating/request", WORK),
    route("POST", "/v1/tickets/{id}/quality", WORK),
    route("POST", "/v1/tickets/{id}/time", WORK),
    route("POST", "/v1/tickets/{id}/correction", WORK),
    route("GET", "/v1/events", READ),
    route("GET", "/v1/events/stream", READ),
    route("GET", "/v1/queues/{key}/summary", READ),
    route("GET", "/v1/queues/{key}/tickets", READ),
    route("POST", "/v1/queues/{key}/next", WORK),
    route("GET", "/v1/summary", READ),
    route("GET", "/v1/compliance", READ),
    route("GET", "/v1/compliance/clocks", READ),
    route("GET", "/v1/deadlines", READ),
    route("GET", "/v1/complaints", READ),
    route("GET", "/v1/complaints/report", REPORT),
    route("GET", "/v1/flows", REPORT),
    route("POST", "/v1/plans/{key}/what-if", REPORT),
    route("POST", "/v1/plans/{key}/reapply", ADMIN),
    route(
        "GET",
        "/v1/{kind:queues|categories|statuses|priorities|types|calendars|plans|templates}",
        READ,
    ),
    route(
        "GET",
        "/v1/{kind:queues|statuses|priorities|types|calendars|plans|templates}/{key}",
        READ,
    ),
    route(
        "PUT",
        "/v1/{kind:queues|statuses|priorities|types|calendars|plans|templates}/{key}",
        ADMIN,
    ),
    route(
        "DELETE",
        "/v1/{kind:queues|statuses|priorities|types|calendars|plans|templates}/{key}",
        ADMIN,
    ),
    route(
        "GET",
        "/v1/{kind:queues|statuses|priorities|types|calendars|plans|templates}/{key}/versions",
        READ,
    ),
    route("GET", "/v1/categories/{key:.+}/versions", READ),
    route("GET", "/v1/categories/{key:.+}", READ),
    route("PUT", "/v1/categories/{key:.+}", ADMIN),
    route("DELETE", "/v1/categories/{key:.+}", ADMIN),
    route("GET", "/v1/settings", READ),
    route("PUT", "/v1/settings", ADMIN),
    route("GET", "/v1/settings/versions", READ),
    route("GET", "/v1/customers", READ),
    route("POST", "/v1/customers", WORK),
    route("GET", "/v1/customers/{id}", READ),
    route("PATCH", "/v1/customers/{id}", WORK),
    route("GET", "/v1/agents", READ),
    route("POST", "/v1/agents", ADMIN),
    route("GET", "/v1/agents/{id}", READ),
    route("PATCH", "/v1/agents/{id}", ADMIN),
    route("POST", "/v1/agents/{id}/absences", LEAD),
    route("POST", "/v1/agents/{id}/absences/{absence}/end", LEAD),
    route("GET", "/v1/tokens", ADMIN),
    route("POST", "/v1/tokens", ADMIN),
    route("DELETE", "/v1/tokens/{id}", ADMIN),
    route("GET", "/v1/views", READ),
    route("POST", "/v1/views", WORK),
    route("DELETE", "/v1/views/{id}", WORK),
    route("GET", "/v1/projections", READ),
    route("POST", "/v1/projections/{name}/rebuild", ADMIN),
    route("POST", "/v1/projections/{name}/back", ADMIN),
    route("DELETE", "/v1/projections/{name}/kept", ADMIN),
    route("GET", "/v1/access-log", AUDIT),
    route("POST", "/v1/attachments", WORK),
    route("GET", "/v1/attachments/{id}", READ),
];

/// The table by pattern: every request asks it.
static BY_PATTERN: LazyLock<HashMap<&'static str, Vec<&'static Route>>> = LazyLock::new(|| {
    let mut by_pattern: HashMap<_, Vec<_>> = HashMap::new();
    for route in ROUTES {
        by_pattern.entry(route.path).or_default().push(route);
    }
    by_pattern
});

/// All routes of a pattern; none when the table does not name it.
pub fn of(pattern: &str) -> &'static [&'static Route] {
    BY_PATTERN.get(pattern).map_or(&[], Vec::as_slice)
}

impl Route {
    /// The path without the expressions of its parameters: `{key:.+}` is `{key}`.
    pub fn bare(&self) -> String {
        let mut bare = String::with_capacity(self.path.len());
        let mut expression = false;
        for letter in self.path.chars() {
            match letter {
                ':' => expression = true,
                '}' => expression = false,
                _ => {}
            }
            if !expression {
                bare.push(letter);
            }
        }
        bare
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_the_kind_and_none_that_a_path_makes_up() {
        let label =
            |pattern, path: &str| Route { path: pattern, ..ROUTES[0] }.label(path).into_owned();
        let versions = "/v1/{kind:queues|types}/{key}/versions";
        assert_eq!(label(versions, "/v1/types/a/versions"), "/v1/types/{key}/versions");
        assert_eq!(label(versions, "/v1/%74ypes/a/versions"), "/v1/{kind}/{key}/versions");
        assert_eq!(label("/v1/categories/{key:.*}", "/v1/categories/a/b"), "/v1/categories/{key}");
        assert_eq!(label("/v1/tickets/{id}", "/v1/tickets/7"), "/v1/tickets/{id}");
    }
}
