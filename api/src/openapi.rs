//! The contract as a document: collected from the routes, completed from the table of access and
//! the conventions that every call shares, so that neither is written twice.

mod definitions;
mod limits;

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use utoipa::PartialSchema;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Info, ObjectBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder,
    Schema, Type,
};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{ROUTES, Route, Who};
use crate::problem::{Document, Fault};
use crate::routes;

/// The type of every refusal's document.
const PROBLEM_JSON: &str = "application/problem+json";

/// Registers `/openapi.json` and `/docs`.
pub fn configure(config: &mut ServiceConfig) {
    config.service(document);
    config.route("/docs", web::get().to(docs));
    config.map(|config| {
        let swagger = utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}");
        config.service(swagger.config(utoipa_swagger_ui::Config::from("/openapi.json")))
    });
}

/// Get this document.
#[utoipa::path(tag = "operation",
    responses((status = 200, description = "The document.", body = Object)))]
#[get("/openapi.json")]
async fn document() -> HttpResponse {
    HttpResponse::Ok().json(&*DOCUMENT)
}

/// The page lies in a folder, so that what it needs lies beside it.
async fn docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(collect);

/// The operations that say which parameters they take, by method and bare path.
static ASKED: LazyLock<HashSet<(&'static str, String)>> = LazyLock::new(|| {
    let mut asked = HashSet::new();
    for (path, mut item) in raw().paths.paths {
        for (method, operation) in operations(&mut item) {
            let parameters = operation.parameters.iter().flatten();
            let in_query = |it: &RefOr<Parameter>| matches!(it, RefOr::T(it) if it.parameter_in == ParameterIn::Query);
            if parameters.into_iter().any(in_query) {
                asked.insert((method, path.clone()));
            }
        }
    }
    asked
});

/// Whether a route takes any parameters in its query.
pub fn takes_parameters(route: &Route) -> bool {
    ASKED.contains(&(route.method, route.bare()))
}

/// What the routes say of themselves, under the bare patterns that they are registered with.
pub fn raw() -> OpenApi {
    let app = actix_web::App::new().into_utoipa_app();
    app.configure(routes::configure).configure(configure).split_for_parts().1
}

/// The whole document.
pub fn collect() -> OpenApi {
    let mut api = raw();
    api.info = Info::new("Docket", env!("CARGO_PKG_VERSION"));
    api.info.description = Some("Event-sourced ticketing: every ticket is its history.".into());
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", bearer);
    components.schemas.insert("Problem".into(), Document::schema());
    components.schemas.insert("Fault".into(), Fault::schema());
    limits::complete(components);
    definitions::add_schemas(components);
    definitions::add_answers(components);
    for (status, described) in PROBLEMS {
        components.responses.insert(status.into(), RefOr::T(problem(described)));
    }
    complete(&mut api);
    let bare = std::mem::take(&mut api.paths.paths);
    for (path, item) in bare {
        let pattern = ROUTES.iter().find(|route| route.bare() == path);
        let paths = plain(pattern.map_or(&path, |route| route.path));
        api.paths.paths.extend(paths.into_iter().map(|path| (path, item.clone())));
    }
    for (path, item) in &mut api.paths.paths {
        if let Some(publishing) = &mut item.put {
            definitions::describe_body(path, publishing);
        }
        for (_, operation) in operations(item) {
            definitions::describe_answers(path, operation);
        }
    }
    tell_apart(&mut api);
    api
}

/// Completes the ids that several operations share, named for the functions that answer them, by
/// what they are about: `list` is `list_agents`.
fn tell_apart(api: &mut OpenApi) {
    let mut shared: BTreeMap<String, usize> = BTreeMap::new();
    for item in api.paths.paths.values_mut() {
        for id in operations(item).filter_map(|(_, it)| it.operation_id.clone()) {
            *shared.entry(id).or_default() += 1;
        }
    }
    for (path, item) in &mut api.paths.paths {
        let about = path.trim_start_matches("/v1/").split('/').next().unwrap_or_default();
        for (_, operation) in operations(item) {
            let id = operation.operation_id.take();
            operation.operation_id = id.map(|id| match shared.get(&id) {
                Some(2..) => format!("{id}_{}", about.replace('-', "_")),
                _ => id,
            });
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("GET", &mut item.get),
        ("POST", &mut item.post),
        ("PUT", &mut item.put),
        ("PATCH", &mut item.patch),
        ("DELETE", &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The paths that a pattern stands for, as OpenAPI writes them: `{key:.+}` is `{key}`, and a choice
/// such as `{kind:queues|types}` is a path for each.
fn plain(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
    let Some((parameter, after)) = rest.split_once('}') else { return vec![pattern.to_owned()] };
    let (name, expression) = parameter.split_once(':').unwrap_or((parameter, ""));
    let choices: Vec<String> = match expression.contains('|') {
        true => expression.split('|').map(str::to_owned).collect(),
        false => vec![format!("{{{name}}}")],
    };
    let ends = plain(after);
    let joined = choices
        .iter()
        .flat_map(|choice| ends.iter().map(move |end| format!("{before}{choice}{end}")));
    joined.collect()
}

/// Adds what is true of every operation.
fn complete(api: &mut OpenApi) {
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            let mut routes = ROUTES.iter().filter(|route| route.method == method);
            let who = routes.find(|route| route.bare() == *path);
            let who = who.map_or(Who::Roles(&[]), |route| route.who);
            parameters(operation, path, method);
            problems(operation, method, who);
            roles(operation, who);
        }
    }
}

fn parameters(operation: &mut Operation, path: &str, method: &str) {
    let in_path = |known: &RefOr<Parameter>| match known {
        RefOr::T(known) => known.parameter_in == ParameterIn::Path,
        RefOr::Ref(_) => false,
    };
    let mut all = operation.parameters.take().unwrap_or_default();
    all.retain(|known| !in_path(known));
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    // What stands for a choice of words is written out as a path for each.
    let names = names.filter(|name| *name != "kind");
    all.extend(names.map(|name| {
        let described = match name {
            "id" if path.contains("/tickets/") => "The ticket's UUID or number.",
            "id" => "The UUID.",
            _ => "The key.",
        };
        parameter(name, ParameterIn::Path, described)
    }));
    match method {
        "GET" if path.starts_with("/v1/") => {
            let described = "Answer only once this position of the log is visible, else 503.";
            all.push(parameter("Docket-Min-Position", ParameterIn::Header, described));
        }
        "GET" => {}
        _ => {
            let described = "The ETag that the caller saw; 412 lists what was missed.";
            all.push(parameter("If-Match", ParameterIn::Header, described));
            let described = "1 to 255 printable ASCII characters; the same key and body again is \
                             the same command.";
            all.push(parameter("Idempotency-Key", ParameterIn::Header, described));
        }
    }
    operation.parameters = (!all.is_empty()).then_some(all);
}

fn parameter(name: &str, place: ParameterIn, described: &str) -> RefOr<Parameter> {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(described))
        .schema(Some(RefOr::T(Schema::Object(text))));
    RefOr::T(parameter.build())
}

/// The refusals that calls share, by status: when, and under which codes.
const PROBLEMS: [(&str, &str); 11] = [
    (
        "400",
        "Cannot be understood: malformed_json, malformed_query, idempotency_key_invalid, if_match_invalid, min_position_invalid.",
    ),
    ("401", "No token, or one that is worth nothing: token_required, token_invalid."),
    ("403", "The role may not: forbidden, occurred_at_forbidden."),
    ("404", "No such thing: not_found, unknown_route."),
    ("409", "A rule about the state, by its code, such as ticket_closed, ticket_merged."),
    ("412", "stale: people or customers went on; `missed` lists the events."),
    ("413", "body_too_large: more than a mebibyte."),
    ("415", "unsupported_media_type, unsupported_encoding: JSON as it is, please."),
    ("422", "invalid_request, or a rule about what was asked, by its code; `errors` points at it."),
    ("429", "rate_limited: more often than the operator allows; see Retry-After."),
    (
        "503",
        "unavailable, disk_full, outcome_unknown, contended, projection_lagging: see Retry-After.",
    ),
];

/// Those that only a call which changes something can meet.
const CHANGING: [&str; 4] = ["409", "412", "413", "415"];

fn problems(operation: &mut Operation, method: &str, who: Who) {
    if who == Who::Anyone {
        return;
    }
    for (status, _) in PROBLEMS {
        if method != "GET" || !CHANGING.contains(&status) {
            let shared = Ref::new(format!("#/components/responses/{status}"));
            let shared = RefOr::Ref(shared);
            operation.responses.responses.entry(status.into()).or_insert(shared);
        }
    }
}

fn problem(described: &str) -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(described).content(PROBLEM_JSON, content).build()
}

fn roles(operation: &mut Operation, who: Who) {
    let said = match who {
        Who::Anyone => {
            operation.security = Some(vec![SecurityRequirement::default()]);
            "Needs no token.".to_owned()
        }
        Who::Roles(roles) => {
            operation.security =
                Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
            let names: Vec<String> = roles
                .iter()
                .filter_map(|role| serde_json::to_value(role).ok()?.as_str().map(str::to_owned))
                .collect();
            format!("Roles: {}.", names.join(", "))
        }
    };
    let described = operation.description.take();
    operation.description = Some(match described {
        Some(described) => format!("{described}\n\n{said}"),
        None => said,
    });
}
