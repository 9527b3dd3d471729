//! `/v1/attachments`: files go in before something names them, and come out as downloads only.

use std::collections::BTreeSet;

use actix_multipart::Multipart;
use actix_web::http::header::{
    Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, post, web};
use futures::TryStreamExt;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::attachments::{Attachment, Upload};
use crate::auth::Caller;
use crate::body;
use crate::call::{Answer, Call, json};
use crate::docket::Docket;
use crate::problem::Problem;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(upload).service(download);
}

/// Upload a file: as the only part of `multipart/form-data`, or raw.
///
/// The name is never part of the address, which others log: a part of a form says it, a raw upload in
/// `Content-Disposition: attachment; filename="…"`.
#[utoipa::path(tag = "attachments",
    params(("Content-Disposition" = Option<String>, Header, description = "The name of a raw upload.")),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 201, description = "It is stored.", body = Attachment)))]
#[post("/attachments")]
async fn upload(call: Call, request: HttpRequest, payload: web::Payload) -> Answer {
    body::refuse_encoding(request.headers())?;
    let attachments = &call.docket.attachments;
    let disposition = request.headers().get(header::CONTENT_DISPOSITION);
    let disposition = disposition.and_then(|value| ContentDisposition::from_raw(value).ok());
    let mut upload = Upload {
        command: call.command_id,
        name: disposition.as_ref().and_then(named).unwrap_or_default(),
        uploaded_by: call.principal.token,
        uploaded_at: call.docket.now(),
    };
    let stored = if request.content_type() == "multipart/form-data" {
        let mut parts = Multipart::new(request.headers(), payload);
        let part = parts
            .try_next()
            .await
            .ok()
            .flatten()
            .ok_or_else(|| malformed("the form holds no file"))?;
        upload.name = part.content_disposition().and_then(named).unwrap_or_default();
        let stored = attachments.save(upload, part).await?;
        // What came first is not named by any event, and goes with the other uploads that are not.
        if parts.try_next().await.ok().flatten().is_some() {
            return Err(malformed(
                "the form holds more than one file; send each in a form of its own",
            ));
        }
        stored
    } else {
        attachments.save(upload, payload).await?
    };
    let mut response = HttpResponse::build(StatusCode::CREATED);
    response.insert_header((header::LOCATION, format!("/v1/attachments/{}", stored.id)));
    json(response, &stored)
}

/// The name of a file: in full where its sender says it so, else as old clients say it.
fn named(disposition: &ContentDisposition) -> Option<String> {
    let full = disposition.get_filename_ext();
    let full = full.and_then(|name| String::from_utf8(name.value.clone()).ok());
    full.or_else(|| disposition.get_filename().map(str::to_owned))
}

fn malformed(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed_multipart", detail)
}

/// Download a file.
#[utoipa::path(tag = "attachments", responses(
    (status = 200, description = "Its bytes.", body = String, content_type = "application/octet-stream"),
    (status = 410, description = "It was erased with the ticket or the customer.")))]
#[get("/attachments/{id}")]
async fn download(docket: web::Data<Docket>, caller: Caller, id: web::Path<String>) -> Answer {
    let missing = || Problem::not_found("attachment");
    let id = Uuid::try_parse(&id).map_err(|_| missing())?;
    // An event of this very moment may name it: its ticket is to know who read it.
    docket.attachments.catch_up().await?;
    let found = docket.attachments.find(id).await?.ok_or_else(missing)?;
    let bytes = docket.attachments.bytes(&found).await?;
    docket.read_by(&caller.0, "attachment", id.to_string())?;
    // Who asks who read a ticket must hear of its files too.
    let tickets: BTreeSet<String> = found.tickets.iter().map(ToString::to_string).collect();
    for ticket in tickets {
        docket.read_by(&caller.0, "attachment", ticket)?;
    }
    let known = found.file;
    Ok(HttpResponse::Ok()
        .content_type(known.r#type.as_str())
        .insert_header(disposition(&known.name))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header(("docket-sha256", known.sha256))
        .no_chunking(known.size)
        .streaming(bytes))
}

/// Always a download, whatever it is; the name in ASCII for old clients, in full for the others.
fn disposition(name: &str) -> ContentDisposition {
    let plain = |it: char| if it.is_ascii() && it != '"' && it != '\\' { it } else { '_' };
    let full = ExtendedValue {
        charset: Charset::Ext("UTF-8".into()),
        language_tag: None,
        value: name.as_bytes().to_vec(),
    };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(name.chars().map(plain).collect()),
            DispositionParam::FilenameExt(full),
        ],
    }
}
