//! Files in a bucket, against a **double** of S3 that runs in this process and keeps objects in
//! memory. It speaks the calls that are made here (multipart upload, get, head, list), checks no
//! signatures, and proves nothing about Amazon's own service, nor any other.
//!
//! `cargo test -p docket-api --features s3 --test s3`

#![cfg(test)]
#![cfg(feature = "s3")]

use std::collections::{BTreeMap, HashMap};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, Vec<u8>>,
    parts: BTreeMap<(String, u32), Vec<u8>>,
}

type Double = web::Data<Mutex<Bucket>>;

async fn answer(
    request: HttpRequest,
    query: web::Query<HashMap<String, String>>,
    body: web::Bytes,
    double: Double,
) -> HttpResponse {
    let mut bucket = double.lock().unwrap();
    let path = request.path().strip_prefix("/desk").expect("only this bucket is asked");
    let key = path.trim_start_matches('/').to_owned();
    let part = query.get("partNumber").map(|part| part.parse().expect("a number"));
    match (request.method(), part) {
        (&Method::GET, None) if key.is_empty() => list(&bucket, &query),
        (&Method::POST, None) if query.contains_key("uploads") => xml(
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
        ),
        (&Method::PUT, Some(part)) => {
            bucket.parts.insert((key, part), body.to_vec());
            HttpResponse::Ok().insert_header(("etag", format!("\"{part}\""))).finish()
        }
        (&Method::POST, None) if query.contains_key("uploadId") => {
            let parts = std::mem::take(&mut bucket.parts).into_iter();
            let (ours, others) = parts.partition(|((of, _), _)| *of == key);
            bucket.parts = others;
            let ours: BTreeMap<(String, u32), Vec<u8>> = ours;
            bucket.objects.insert(key, ours.into_values().flatten().collect());
            xml("<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>")
        }
        (&Method::GET | &Method::HEAD, None) => match bucket.objects.get(&key) {
            Some(bytes) => HttpResponse::Ok()
                .insert_header(("etag", "\"e\""))
                .insert_header(("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT"))
                .body(bytes.clone()),
            None => HttpResponse::NotFound().finish(),
        },
        (method, _) => panic!("the double does not know {method} {}", request.uri()),
    }
}

fn list(bucket: &Bucket, query: &HashMap<String, String>) -> HttpResponse {
    let prefix = query.get("prefix").map_or("", String::as_str);
    let found = bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix));
    let found = found.map(|(key, bytes)| {
        let size = bytes.len();
        format!(
            "<Contents><Key>{key}</Key><Size>{size}</Size>\
             <LastModified>2015-10-21T07:28:00.000Z</LastModified><ETag>\"e\"</ETag></Contents>"
        )
    });
    let found: String = found.collect();
    xml(&format!("<ListBucketResult>{found}</ListBucketResult>"))
}

fn xml(text: &str) -> HttpResponse {
    HttpResponse::Ok().content_type("application/xml").body(text.to_owned())
}

/// A `docket serve` whose files go into the double.
struct Docket {
    process: Child,
    url: String,
}

impl Docket {
    async fn serve(data: &Path, double: &str, quota: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_docket"))
            .args(["serve", "--attachments", "s3://desk/some/folder", "--data"])
            .arg(data)
            .args(["--listen", &address.to_string(), "--attachment-quota", quota])
            .env("AWS_ENDPOINT", double)
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_ACCESS_KEY_ID", "anybody")
            .env("AWS_SECRET_ACCESS_KEY", "nothing")
            .env("AWS_REGION", "nowhere")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let docket = Self { process, url: format!("http://{address}") };
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(60) {
            let ready = reqwest::get(format!("{}/readyz", docket.url)).await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return docket;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it did not get ready");
    }

    fn request(&self, method: reqwest::Method, path: &str, data: &Path) -> reqwest::RequestBuilder {
        let token = std::fs::read_to_string(data.join("admin.token")).unwrap();
        let request = reqwest::Client::new().request(method, format!("{}{path}", self.url));
        request.bearer_auth(token.trim())
    }
}

impl Drop for Docket {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[actix_web::test]
async fn files_go_into_a_bucket_sealed_and_come_back_and_are_counted_again_after_a_restart() {
    let double = Double::default();
    let serving = double.clone();
    let http = HttpServer::new(move || {
        App::new()
            .app_data(serving.clone())
            .app_data(web::PayloadConfig::new(32 << 20))
            .default_service(web::to(answer))
    });
    let http = http.workers(1).bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", http.addrs()[0]);
    let http = http.run();
    let stopping = http.handle();
    actix_web::rt::spawn(http);

    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let file: Vec<u8> = b"what the customer sent. ".repeat(500_000);
    let id = {
        let docket = Docket::serve(data, &address, "20000000").await;
        let upload = docket.request(reqwest::Method::POST, "/v1/attachments", data);
        let stored = upload.body(file.clone()).send().await.unwrap();
        assert_eq!(stored.status(), 201);
        let stored: Value = stored.json().await.unwrap();
        let ticket = json!({ "subject": "s", "body": "b", "channel": "web",
            "customer": { "email": "c@example.com" }, "attachments": [stored["id"]] });
        let ticket = docket.request(reqwest::Method::POST, "/v1/tickets", data).json(&ticket);
        assert_eq!(ticket.send().await.unwrap().status(), 201);
        stored["id"].as_str().unwrap().to_owned()
    };
    {
        let bucket = double.lock().unwrap();
        let keys: Vec<&String> = bucket.objects.keys().collect();
        assert_eq!(keys, [&format!("some/folder/{id}")]);
        let clear = |bytes: &[u8]| bytes.windows(12).any(|window| window == b"the customer");
        assert!(!bucket.objects.values().any(|bytes| clear(bytes)), "the bucket can read it");
    }

    let docket = Docket::serve(data, &address, "20000000").await;
    let path = format!("/v1/attachments/{id}");
    let download = docket.request(reqwest::Method::GET, &path, data).send().await.unwrap();
    assert!(download.bytes().await.unwrap() == file);
    let upload = docket.request(reqwest::Method::POST, "/v1/attachments", data);
    let one_too_many = upload.body(file).send().await.unwrap();
    assert_eq!(one_too_many.status(), 507, "what lies in the bucket counts");
    stopping.stop(false).await;
}
