//! How often somebody may call: off unless an operator says so. Each token has a bucket of its own;
//! who calls without one shares the bucket of the network address that the connection comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use docket_domain::ids::TokenId;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use serde::Deserialize;

use crate::problem::Problem;

/// After so many calls the buckets that are full again are dropped: whoever calls from ever new
/// addresses must not fill the memory.
const DROPPED_EVERY: u64 = 10_000;

/// A rate: so many calls a second, minute or hour, and so many at once. Written `50/s`, `600/m`,
/// `50/s:200`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Rate {
    calls: NonZeroU32,
    per: Duration,
    burst: NonZeroU32,
}

/// The text is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rate is written 50/s, 600/m or 5000/h, with a burst 50/s:200")]
pub struct NotARate;

impl FromStr for Rate {
    type Err = NotARate;

    fn from_str(text: &str) -> Result<Self, NotARate> {
        let (rate, burst) = match text.split_once(':') {
            Some((rate, burst)) => (rate, Some(burst.parse().map_err(|_| NotARate)?)),
            None => (text, None),
        };
        let (calls, unit) = rate.split_once('/').ok_or(NotARate)?;
        let calls = calls.parse().map_err(|_| NotARate)?;
        let per = Duration::from_secs(match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return Err(NotARate),
        });
        Ok(Self { calls, per, burst: burst.unwrap_or(calls) })
    }
}

impl TryFrom<String> for Rate {
    type Error = NotARate;

    fn try_from(text: String) -> Result<Self, NotARate> {
        text.parse()
    }
}

/// The server's clock, as the limiter reads it: tests move it.
#[derive(Clone)]
struct Ticking(docket_store::Clock);

impl governor::clock::Clock for Ticking {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Duration::from_millis(u64::try_from((self.0)()).unwrap_or(0)).into()
    }
}

/// Whose bucket it is.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Token(TokenId),
    Peer(IpAddr),
}

type Limiter = RateLimiter<Key, HashMapStateStore<Key>, Ticking, NoOpMiddleware<Nanos>>;

/// The buckets.
pub struct Rates {
    limiter: Option<Limiter>,
    clock: Ticking,
    calls: AtomicU64,
}

impl Rates {
    /// Buckets for a rate; none where there is no limit.
    pub fn new(rate: Option<Rate>, clock: docket_store::Clock) -> Self {
        let clock = Ticking(clock);
        let quota = rate.and_then(|rate| {
            let quota = Quota::with_period(rate.per / rate.calls.get());
            quota.map(|quota| quota.allow_burst(rate.burst))
        });
        let limiter =
            quota.map(|quota| RateLimiter::new(quota, HashMapStateStore::default(), clock.clone()));
        Self { limiter, clock, calls: AtomicU64::new(0) }
    }

    /// Takes one call from a token's bucket.
    pub fn token(&self, token: TokenId) -> Result<(), Problem> {
        self.take(&Key::Token(token))
    }

    /// Takes one call from the bucket of an address.
    pub fn peer(&self, peer: Option<SocketAddr>) -> Result<(), Problem> {
        peer.map_or(Ok(()), |peer| self.take(&Key::Peer(network(peer.ip()))))
    }

    fn take(&self, key: &Key) -> Result<(), Problem> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.calls.fetch_add(1, Ordering::Relaxed) % DROPPED_EVERY == DROPPED_EVERY - 1 {
            limiter.retain_recent();
        }
        let Err(not_until) = limiter.check_key(key) else { return Ok(()) };
        let wait = not_until.wait_time_from(self.clock.now());
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        let detail = format!("too many requests; come back in {seconds} s");
        let retry = HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX));
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
            .header(header::RETRY_AFTER, retry))
    }
}

/// What one customer of a network has: an IPv4 address, or a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mask = u128::MAX << 64;
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_as_it_is_written() {
        let rate = |text: &str| text.parse::<Rate>();
        let seconds = |calls, per, burst| Rate {
            calls: NonZeroU32::new(calls).unwrap(),
            per: Duration::from_secs(per),
            burst: NonZeroU32::new(burst).unwrap(),
        };
        assert_eq!(rate("50/s"), Ok(seconds(50, 1, 50)));
        assert_eq!(rate("600/m:20"), Ok(seconds(600, 60, 20)));
        assert_eq!(rate("5000/h"), Ok(seconds(5000, 3600, 5000)));
        for wrong in ["", "50", "0/s", "50/d", "-1/s", "50/s:0", "50/s:", "50/s burst 3"] {
            assert_eq!(rate(wrong), Err(NotARate), "{wrong}");
        }
    }

    #[test]
    fn an_address_of_a_network_counts_as_the_network() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:aaaa::1"), "2001:db8:1:2::");
    }
}
