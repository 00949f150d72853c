//! Which addresses are public: the rule behind a guard against server-side request forgery.
//!
//! It follows the IANA special-purpose address registries (RFC 6890 and 8190;
//! https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry), multicast (RFC 5771, RFC 4291
//! section 2.7) and the IPv6 address space (https://www.iana.org/assignments/ipv6-address-space: only 2000::/3 is global
//! unicast). It is stricter than their column "globally reachable" where the nearest router may answer: the anycast addresses
//! of the IETF's own blocks. A network's own NAT64 prefix (RFC 6052 section 2.2) looks like any other address and cannot be
//! known here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

type Net<A> = (A, u8);

const SPECIAL_V4: [Net<Ipv4Addr>; 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // this network, RFC 791
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private use, RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // shared by carriers' customers, RFC 6598
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback, RFC 1122
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, RFC 3927
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private use, RFC 1918
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // IETF protocol assignments, RFC 6890
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation, RFC 5737
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relay anycast, RFC 7526
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private use, RFC 1918
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarking, RFC 2544
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation, RFC 5737
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation, RFC 5737
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast, RFC 5771
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, RFC 1112
    (Ipv4Addr::BROADCAST, 32),            // limited broadcast, RFC 8190
];

/// All that is global unicast today. What lies outside is special, reserved or not given out: loopback, unique-local,
/// link-local, site-local, multicast, discard-only, segment routing and IPv4-compatible addresses among it.
const GLOBAL_UNICAST: Net<Ipv6Addr> = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

const SPECIAL_V6: [Net<Ipv6Addr>; 3] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // IETF protocol assignments, RFC 2928
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation, RFC 3849
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation, RFC 9637
];

/// The parts of 2001::/23 that are globally reachable.
const REACHABLE_V6: [Net<Ipv6Addr>; 4] = [
    (Ipv6Addr::new(0x2001, 3, 0, 0, 0, 0, 0, 0), 32),     // AMT, RFC 7450
    (Ipv6Addr::new(0x2001, 4, 0x112, 0, 0, 0, 0, 0), 48), // AS112-v6, RFC 7535
    (Ipv6Addr::new(0x2001, 0x20, 0, 0, 0, 0, 0, 0), 28),  // ORCHIDv2, RFC 7343
    (Ipv6Addr::new(0x2001, 0x30, 0, 0, 0, 0, 0, 0), 28),  // drone remote identification, RFC 9374
];

const NAT64: Net<Ipv6Addr> = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96); // RFC 6052
const TEREDO: Net<Ipv6Addr> = (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32); // RFC 4380
const SIX_TO_FOUR: Net<Ipv6Addr> = (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16); // RFC 3056

/// Whether an address belongs to the public internet. An IPv6 address that stands for an IPv4 one is as public as that.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|&net| within_v4(ip, net))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // The 32 bits that begin this many bits from the end.
    let wrapped = |shift: u32| Ipv4Addr::from((u128::from(ip) >> shift) as u32);
    if let Some(mapped) = ip.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    if within_v6(ip, NAT64) {
        return is_public_v4(wrapped(0));
    }
    if within_v6(ip, SIX_TO_FOUR) {
        return is_public_v4(wrapped(80));
    }
    if within_v6(ip, TEREDO) {
        // The server, and the client with its bits inverted (RFC 4380 section 4).
        return is_public_v4(wrapped(64)) && is_public_v4(Ipv4Addr::from(!u32::from(wrapped(0))));
    }
    let inside = |nets: &[Net<Ipv6Addr>]| nets.iter().any(|&net| within_v6(ip, net));
    within_v6(ip, GLOBAL_UNICAST) && (!inside(&SPECIAL_V6) || inside(&REACHABLE_V6))
}

fn within_v4(ip: Ipv4Addr, (net, prefix): Net<Ipv4Addr>) -> bool {
    (u32::from(ip) ^ u32::from(net)).leading_zeros() >= u32::from(prefix)
}

fn within_v6(ip: Ipv6Addr, (net, prefix): Net<Ipv6Addr>) -> bool {
    (u128::from(ip) ^ u128::from(net)).leading_zeros() >= u32::from(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::{Host, Url};

    /// Every row of the two registries by its first and last address, and the blocks of the other standards named above.
    const TABLE: [(&str, &str, bool); 61] = [
        ("0.0.0.0", "0.255.255.255", false),
        ("10.0.0.0", "10.255.255.255", false),
        ("100.64.0.0", "100.127.255.255", false),
        ("127.0.0.0", "127.255.255.255", false),
        ("169.254.0.0", "169.254.255.255", false),
        ("172.16.0.0", "172.31.255.255", false),
        ("192.0.0.0", "192.0.0.255", false),
        ("192.0.0.0", "192.0.0.7", false),
        ("192.0.0.8", "192.0.0.8", false),
        ("192.0.0.9", "192.0.0.10", false), // Anycast: the nearest router.
        ("192.0.0.170", "192.0.0.171", false),
        ("192.0.2.0", "192.0.2.255", false),
        ("192.31.196.0", "192.31.196.255", true),
        ("192.52.193.0", "192.52.193.255", true),
        ("192.88.99.0", "192.88.99.255", false),
        ("192.168.0.0", "192.168.255.255", false),
        ("192.175.48.0", "192.175.48.255", true),
        ("198.18.0.0", "198.19.255.255", false),
        ("198.51.100.0", "198.51.100.255", false),
        ("203.0.113.0", "203.0.113.255", false),
        ("224.0.0.0", "239.255.255.255", false),
        ("240.0.0.0", "255.255.255.255", false),
        ("255.255.255.255", "255.255.255.255", false),
        ("::1", "::1", false),
        ("::", "::", false),
        ("::ffff:0.0.0.0", "::ffff:10.255.255.255", false),
        ("::ffff:127.0.0.1", "::ffff:169.254.169.254", false),
        ("::ffff:8.8.8.8", "::ffff:1.1.1.1", true),
        ("::127.0.0.1", "::8.8.8.8", false),
        ("::ffff:0:8.8.8.8", "::ffff:0:10.0.0.1", false),
        ("64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1", false),
        ("64:ff9b::8.8.8.8", "64:ff9b::1.1.1.1", true),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", false),
        ("100::", "100::ffff:ffff:ffff:ffff", false),
        ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", false),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("2001:0:0808:0808::f7f7:f7f7", "2001:0:0101:0101::fefe:fefe", true), // Teredo: 8.8.8.8, 1.1.1.1
        ("2001:0:0808:0808::80ff:fffe", "2001:0:7f00:0001::f7f7:f7f7", false), // Teredo: 127.0.0.1, either end
        ("2001:1::1", "2001:1::3", false),                                    // Anycast: the nearest router.
        ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", false),
        ("2001:3::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", true),
        ("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("2002:7f00:1::", "2002:a9fe:a9fe::1", false),
        ("2002:808:808::", "2002:101:101::1", true),
        ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", true),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        // The neighbours of refused blocks.
        ("9.255.255.255", "11.0.0.0", true),
        ("100.63.255.255", "100.128.0.0", true),
        ("172.15.255.255", "172.32.0.0", true),
        ("198.17.255.255", "198.20.0.0", true),
        ("2001:200::", "2a00:1450:4001:80b::200e", true),
    ];

    #[test]
    fn every_row_of_the_registries() {
        for (first, last, public) in TABLE {
            for ip in [first, last] {
                assert_eq!(is_public(ip.parse().expect(ip)), public, "{ip} of {first} to {last}");
            }
        }
    }

    #[test]
    fn numeric_hosts_are_addresses_once_parsed() {
        for host in ["2130706433", "017700000001", "127.1", "0x7f.1", "0x7f000001", "127.0.0.1.", "1%32%37.1", "①②⑦.1"] {
            let url = Url::parse(&format!("http://{host}/")).expect(host);
            assert_eq!(url.host(), Some(Host::Ipv4(Ipv4Addr::LOCALHOST)), "{host}");
        }
        let url = Url::parse("http://[::ffff:7f00:1]/").expect("a URL");
        let Some(Host::Ipv6(ip)) = url.host() else { panic!("no address") };
        assert!(!is_public(ip.into()));
    }

    proptest! {
        #[test]
        fn what_wraps_an_ipv4_address_is_no_more_public(ip in any::<u32>().prop_map(Ipv4Addr::from), rest in any::<u64>()) {
            let [a, b, c, d] = ip.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            let public = is_public(ip.into());
            prop_assert_eq!(is_public(ip.to_ipv6_mapped().into()), public);
            prop_assert_eq!(is_public(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low).into()), public);
            prop_assert_eq!(is_public(Ipv6Addr::new(0x2001, 0, 0x808, 0x808, 0, 0, !high, !low).into()), public);
            let tail = Ipv6Addr::from(u128::from(rest)).segments();
            prop_assert_eq!(is_public(Ipv6Addr::new(0x2002, high, low, tail[4], tail[5], tail[6], tail[7], 0).into()), public);
            prop_assert!(!is_public(ip.to_ipv6_compatible().into()));
        }
    }
}
