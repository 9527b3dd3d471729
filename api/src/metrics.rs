//! Figures for Prometheus: how the server does, never what it says.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use docket_projections::runner::BuildStatus;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// The bounds of latency buckets, in seconds.
const LATENCY: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The bounds of the buckets for batch sizes.
const SIZES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Installs the recorder for the whole process, and answers the handle that renders it. There is
/// one recorder in a process: a second server in it, as in tests, shares the first's.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    static INSTALLED: std::sync::Mutex<Option<PrometheusHandle>> = std::sync::Mutex::new(None);
    let mut installed = INSTALLED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(handle) = &*installed {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), LATENCY)?
        .set_buckets_for_metric(Matcher::Suffix("_size".into()), SIZES)?
        .install_recorder()?;
    Ok(installed.insert(handle).clone())
}

/// Counts one answered request.
pub fn answered(
    method: &'static str,
    route: Cow<'static, str>,
    status: StatusCode,
    took: Duration,
) {
    let (counted, status) = (route.clone(), class(status));
    counter!("docket_http_requests_total", "method" => method, "route" => counted, "status" => status)
        .increment(1);
    histogram!("docket_http_request_seconds", "method" => method, "route" => route).record(took);
}

/// Notes where the log ends.
pub fn head(position: u64) {
    gauge!("docket_log_head_position").set(position as f64);
}

/// Notes how many appends wait for the writer of the log.
pub fn waiting_appends(count: usize) {
    gauge!("docket_append_queue_depth").set(count as f64);
}

/// Notes how far a view is behind the log, in events.
pub fn view_lag(view: &str, events: u64) {
    gauge!("docket_view_lag_events", "view" => view.to_owned()).set(events as f64);
}

/// Notes how many streams of a view are parked.
pub fn parked(view: &str, streams: u64) {
    gauge!("docket_view_parked_streams", "view" => view.to_owned()).set(streams as f64);
}

/// Notes how far a view's new table is, as a share of the log, and how many seconds are left; all of it
/// and none where nothing is being built.
pub fn build(view: &str, build: Option<&BuildStatus>) {
    let (done, left) = build.map_or((1.0, 0.0), |build| {
        let left = build.left_ms.map_or(f64::NAN, |left| left as f64 / 1000.0);
        (build.position as f64 / build.head.max(1) as f64, left)
    });
    gauge!("docket_view_build_ratio", "view" => view.to_owned()).set(done);
    gauge!("docket_view_build_seconds_left", "view" => view.to_owned()).set(left);
}

/// Counts a file whose bytes are not what was sealed.
pub fn damaged_file() {
    counter!("docket_attachments_damaged_total").increment(1);
}

/// The method, as a label that outlives the request.
pub fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "other",
    }
}
