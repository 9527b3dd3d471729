//! How many deadlines and open times a calendar computes in a second, on one core:
//! `cargo run --release -p docket-domain --example open_time`.

#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "it measures")]

use std::hint::black_box;
use std::time::Instant as Stopwatch;

use docket_domain::definition::ZoneOffsets;
use docket_domain::instant::Instant;
use docket_domain::sla::calendar::OpenHours;
use docket_domain::sla::defaults::service_defaults;

const COMPUTATIONS: i64 = 5_000_000;
const HOUR_MS: i64 = 3_600_000;
const YEAR_2000: i64 = 946_684_800_000;

/// Clocks moved twice a year, as in most of Europe.
fn zone() -> ZoneOffsets {
    let half_years = (0..120).map(|half| {
        (631_152_000_000 + half * 15_778_800_000, if half % 2 == 0 { 3600 } else { 7200 })
    });
    ZoneOffsets { tzdb: "made up".into(), offsets: half_years.collect() }
}

fn main() {
    let [(_, calendar), _] = service_defaults("Europe/Warsaw");
    let docket_domain::definition::Document::Calendar(calendar) = calendar else { return };
    let started = Stopwatch::now();
    let Ok(hours) = OpenHours::of(&calendar, &zone()) else { return };
    println!("one calendar made ready in {:.1} ms", started.elapsed().as_secs_f64() * 1000.0);
    // Moments all over twenty-five years, so that no search finds the last one's way.
    let moment = |n: i64| Instant(YEAR_2000 + n.wrapping_mul(7_919) % 219_000 * HOUR_MS);
    measure("deadlines", |n| hours.after_open(moment(n), 45 * HOUR_MS).map_or(0, |it| it.0));
    measure("open times", |n| hours.open_between(moment(n), moment(n).plus_millis(n)));
}

fn measure(what: &str, compute: impl Fn(i64) -> i64) {
    let started = Stopwatch::now();
    for n in 0..COMPUTATIONS {
        black_box(compute(black_box(n)));
    }
    let per_second = COMPUTATIONS as f64 / started.elapsed().as_secs_f64();
    println!("{what}: {:.1} million a second", per_second / 1e6);
}
