//! Where a request came from.

use std::net::IpAddr;

use axum::http::HeaderMap;
use keydeck::edge::address::client;

#[test]
fn the_rightmost_address_that_is_no_trusted_proxy_is_the_client() {
    let trusted = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().unwrap());
    for (peer, lines, expected) in [
        ("203.0.113.9", &["198.51.100.7"][..], "203.0.113.9"),
        ("::ffff:203.0.113.9", &[], "203.0.113.9"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
        ("::ffff:10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
        ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
        ("10.0.0.1", &["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", &["6.6.6.6, 198.51.100.7,10.0.0.2 , 10.0.0.3"], "198.51.100.7"),
        ("10.0.0.1", &["6.6.6.6", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
        ("10.0.0.1", &["198.51.100.7, unknown, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", &["198.51.100.7, "], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.7", "\u{ff}"], "10.0.0.1"),
    ] {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.as_bytes().try_into().unwrap());
        }
        let peer: IpAddr = peer.parse().unwrap();
        let expected: IpAddr = expected.parse().unwrap();
        assert_eq!(client(peer, &headers, &trusted), expected, "{peer} {lines:?}");
    }
}

#[test]
fn without_trusted_proxies_nobody_is_believed() {
    let mut headers = HeaderMap::new();
    headers.append("x-forwarded-for", "198.51.100.7".parse().unwrap());
    let peer: IpAddr = "127.0.0.1".parse().unwrap();
    assert_eq!(client(peer, &headers, &[]), peer);
}
