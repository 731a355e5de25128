//! A limit on how fast one address may begin and end sign-ins: each one that is begun leaves a record for an hour.
//!
//! A bucket for each address fills up again with time. The table of buckets is bounded: where it is full of addresses that were here
//! lately, those it has no room for share one. An address is that of the connection, or, where the connection is a trusted proxy's, the
//! last one in `X-Forwarded-For` that is not a proxy's. Behind a proxy that is not trusted everybody has the same address; then the bucket
//! is a larger one, which only guards the store.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::extract::{ConnectInfo, Request, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};

use crate::wiring::State;

/// What one address may ask for at once, and how long until it may ask for one more.
const OWN: Rate = Rate { most: 30, every: SignedDuration::from_secs(2) };
/// The same for everybody behind a proxy, or where the table is full.
const SHARED: Rate = Rate { most: 600, every: SignedDuration::from_millis(50) };
/// How many addresses are remembered.
const ADDRESSES: usize = 10_000;

#[derive(Clone, Copy)]
struct Rate {
    most: u32,
    every: SignedDuration,
}

/// A network that proxies are in: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { address, bits })
    }

    fn has(&self, address: IpAddr) -> bool {
        let same = |one: u128, other: u128, width: u32| {
            let rest = width - u32::from(self.bits);
            rest == 128 || one >> rest == other >> rest
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(one), IpAddr::V4(other)) => same(one.to_bits().into(), other.to_bits().into(), 32),
            (IpAddr::V6(one), IpAddr::V6(other)) => same(one.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

/// Who asks, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    /// One browser, or a house of them.
    Address(IpAddr),
    /// Everybody behind this proxy.
    Behind(IpAddr),
    /// Those the table has no room for, and connections without an address.
    Rest,
}

impl Who {
    fn of(connection: Option<IpAddr>, headers: &HeaderMap, proxies: &[Network]) -> Self {
        let Some(connection) = connection else { return Self::Rest };
        let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.has(address));
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
        let forwarded: Vec<&str> = forwarded.flat_map(|line| line.split(',')).map(str::trim).collect();
        if !is_proxy(connection) {
            return if forwarded.is_empty() { Self::Address(connection) } else { Self::Behind(connection) };
        }
        // Read from the end: what stands before the first address that no proxy of ours wrote may be invented.
        for text in forwarded.iter().rev() {
            match address_of(text) {
                Some(address) if is_proxy(address) => {}
                Some(address) => return Self::Address(network_of(address)),
                None => return Self::Behind(connection),
            }
        }
        Self::Behind(connection)
    }

    const fn rate(self) -> Rate {
        match self {
            Self::Address(_) => OWN,
            Self::Behind(_) | Self::Rest => SHARED,
        }
    }
}

/// An address, with or without a port.
fn address_of(text: &str) -> Option<IpAddr> {
    let socket = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    text.parse().ok().or_else(socket).map(|address: IpAddr| address.to_canonical())
}

/// Whoever has an IPv6 address has at least 2^64 of them.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

/// The buckets: when each would be full again.
#[derive(Debug, Default)]
pub struct Buckets(Mutex<HashMap<Who, Timestamp>>);

impl Buckets {
    /// Takes one out, if there is one; otherwise how long until there is.
    fn take(&self, who: Who, now: Timestamp) -> Result<(), SignedDuration> {
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut who = who;
        if !full_at.contains_key(&who) && full_at.len() >= ADDRESSES {
            full_at.retain(|_, at| *at > now);
            if full_at.len() >= ADDRESSES {
                who = Who::Rest;
            }
        }
        let Rate { most, every } = who.rate();
        let from = full_at.get(&who).copied().unwrap_or(now).max(now);
        let then = from.saturating_add(every).unwrap_or(from);
        let deepest = every.saturating_mul(i32::try_from(most).unwrap_or(i32::MAX));
        let lacks = then.duration_since(now) - deepest;
        if lacks.is_positive() {
            return Err(lacks);
        }
        full_at.insert(who, then);
        Ok(())
    }
}

/// Turns away who asks too fast. For `/auth/…` alone.
pub async fn limit(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/auth/") {
        return next.run(request).await;
    }
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let connection = connection.map(|info| network_of(info.0.ip().to_canonical()));
    let who = Who::of(connection, request.headers(), &state.config.trusted_proxies);
    match state.floods.take(who, state.clock.now()) {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            tracing::warn!("sign-ins are asked for too fast by one address");
            let wait = wait.as_secs().max(0) + 1;
            let text = "Too many sign-ins from your address. Wait a moment, then try again.";
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, wait.to_string())], text).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn headers(forwarded: &[&str]) -> HeaderMap {
        forwarded.iter().map(|line| ("x-forwarded-for".parse().unwrap(), line.parse().unwrap())).collect()
    }

    #[test]
    fn a_bucket_is_emptied_at_once_and_filled_with_time() {
        let (buckets, who, other) =
            (Buckets::default(), Who::Address(ip("192.0.2.1")), Who::Address(ip("192.0.2.2")));
        for _ in 0..30 {
            assert_eq!(buckets.take(who, at(0)), Ok(()));
        }
        assert_eq!(buckets.take(who, at(0)), Err(SignedDuration::from_secs(2)));
        assert_eq!(buckets.take(other, at(0)), Ok(()), "another address is not affected");
        assert_eq!(buckets.take(who, at(2)), Ok(()));
        assert!(buckets.take(who, at(2)).is_err());
        assert_eq!(buckets.take(who, at(600)), Ok(()));
    }

    #[test]
    fn the_table_is_bounded_and_forgets_who_is_gone() {
        let buckets = Buckets::default();
        let address = |n: usize| Who::Address(IpAddr::from(u32::try_from(n).unwrap().to_be_bytes()));
        for n in 0..2 * ADDRESSES {
            let _ = buckets.take(address(n), at(0));
        }
        assert_eq!(buckets.0.lock().unwrap().len(), ADDRESSES + 1, "the rest share one");
        assert!(buckets.take(address(ADDRESSES + 7), at(0)).is_err(), "which is empty by now");
        assert_eq!(buckets.take(address(3 * ADDRESSES), at(3600)), Ok(()));
        assert_eq!(buckets.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn only_a_trusted_proxy_says_who_is_behind_it() {
        let proxies = ["10.0.0.0/8", "fd00::/8"].map(|text| Network::parse(text).unwrap());
        let who = |connection: &str, forwarded: &[&str]| {
            Who::of(Some(ip(connection)), &headers(forwarded), &proxies)
        };
        let client = Who::Address(ip("198.51.100.7"));
        assert_eq!(who("198.51.100.7", &[]), client);
        assert_eq!(who("198.51.100.7", &["192.0.2.1"]), Who::Behind(ip("198.51.100.7")), "a lie, or a proxy");
        assert_eq!(who("10.1.2.3", &["198.51.100.7"]), client);
        assert_eq!(who("10.1.2.3", &["192.0.2.1, 198.51.100.7, 10.9.9.9"]), client, "what is before may lie");
        assert_eq!(who("10.1.2.3", &["192.0.2.1", "198.51.100.7:4711"]), client, "lines in their order");
        assert_eq!(who("10.1.2.3", &["198.51.100.7, unknown"]), Who::Behind(ip("10.1.2.3")));
        assert_eq!(who("10.1.2.3", &[]), Who::Behind(ip("10.1.2.3")));
        assert_eq!(who("::ffff:10.1.2.3", &["::ffff:198.51.100.7"]), client, "the same in the longer form");
        let house = Who::Address(ip("2001:db8:1:2::"));
        assert_eq!(who("fd00::1", &["2001:db8:1:2:aaaa::1"]), house, "a network of IPv6 is one");
        assert_eq!(Who::of(None, &headers(&[]), &proxies), Who::Rest);
    }

    #[test]
    fn a_network_is_an_address_and_its_bits() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::/0", "2001:db8::1", "192.0.2.1"),
        ] {
            let network = Network::parse(text).unwrap();
            assert!(network.has(ip(inside)) && !network.has(ip(outside)), "{text}");
        }
        for text in ["", "10.0.0.0/33", "::/129", "proxy", "10.0.0.0/-1", "10.0.0/8"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
