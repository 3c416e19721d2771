use proptest::prelude::*;

use super::*;

fn host(host: &str, port: impl Into<Option<u16>>) -> Referer {
    Referer::Host { host: host.into(), port: port.into() }
}

fn why(text: impl AsRef<[u8]>) -> UnusableReason {
    match parse(text.as_ref()) {
        Referer::Unusable(unusable) => unusable.why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn origins_urls_and_bare_hosts() {
    for (text, expected) in [
        ("https://shop.example", host("shop.example", 443)),
        ("http://Shop.Example./cart?x#y", host("shop.example", 80)),
        ("https://shop.example:8443", host("shop.example", 8443)),
        ("https://shop.example:08443/", host("shop.example", 8443)),
        ("https://shop.example:/", host("shop.example", 443)),
        ("https://shop.example\\cart", host("shop.example", 443)),
        ("https:shop.example", host("shop.example", 443)),
        ("HTTPS:////shop.example", host("shop.example", 443)),
        (" https://sh\top.example\r\n", host("shop.example", 443)),
        ("https://a:80@b@shop.example:1/", host("shop.example", 1)),
        ("https://bücher.example/", host("xn--bcher-kva.example", 443)),
        ("https://xn--bcher-kva.example/", host("xn--bcher-kva.example", 443)),
        ("http://[::1]:3000/", host("[::1]", 3000)),
        ("http://127.1/", host("127.0.0.1", 80)),
        ("shop.example", host("shop.example", None)),
        ("shop.example:8443", host("shop.example", 8443)),
        ("shop.example/cart", host("shop.example", None)),
        ("localhost:3000/x", host("localhost", 3000)),
        ("//shop.example/cart", host("shop.example", None)),
        ("[::1]:3000", host("[::1]", 3000)),
    ] {
        assert_eq!(parse(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn nothing_is_missing() {
    for text in ["", " ", "-", "\t\r\n"] {
        assert_eq!(parse(text.as_bytes()), Referer::Missing, "{text:?}");
    }
}

#[test]
fn what_names_no_host_is_unusable() {
    use UnusableReason::{BadHost, BadPort, NoHost, NotUtf8, NotWeb, Opaque, TooLong};
    assert_eq!(why("null"), Opaque);
    for text in ["about:blank", "data:text/html,x", "android-app://com.example", "file:///x"] {
        assert_eq!(why(text), NotWeb, "{text}");
    }
    for text in ["/cart", "https://", "https://:80/", "https://user@/", "?x", "#"] {
        assert_eq!(why(text), NoHost, "{text}");
    }
    for text in
        ["https://a..b/", "https://a b/", "https://[::1/", "https://1.2.3.4.5/", "https://%00/"]
    {
        assert_eq!(why(text), BadHost, "{text}");
    }
    for text in
        ["https://shop.example:65536/", "https://shop.example:8x/", "https://shop.example:-1"]
    {
        assert_eq!(why(text), BadPort, "{text}");
    }
    assert_eq!(why(b"http://\xe4\xe5\xe3.\xf0\xf4/"), NotUtf8);
    assert_eq!(why("https://%e4%e5/"), NotUtf8);
    assert_eq!(why(format!("https://{}/", "a.".repeat(2000))), TooLong);
    assert_eq!(why(format!("https://{}.example/", "a".repeat(64))), TooLong);
}

#[test]
fn bytes_that_are_not_utf8_may_follow_the_host() {
    assert_eq!(parse(b"https://shop.example/\xff\xfe"), host("shop.example", 443));
    assert_eq!(parse(b"https://u@shop.example/?q=\xe4"), host("shop.example", 443));
    let long = [b"https://shop.example/".as_slice(), &[0xff; 10_000]].concat();
    assert_eq!(parse(&long), host("shop.example", 443));
}

#[test]
fn what_is_counted_is_short_and_printable() {
    let counted = |bytes: &[u8]| parse(bytes).counted_as().map(str::to_owned);
    assert_eq!(counted(b"http://\xe4\xe5.\xf0\xf4/x").as_deref(), Some("\\xe4\\xe5.\\xf0\\xf4"));
    assert_eq!(counted(b"data:text/html,<b>").as_deref(), Some("data:"));
    assert_eq!(counted(b"https://Shop.example/").as_deref(), Some("shop.example"));
    assert_eq!(counted(b""), None);
    assert_eq!(counted(format!("http://{}/", "<".repeat(500)).as_bytes()).unwrap().len(), 64);
}

/// What the `url` crate makes of an http or https URL, put the way this module puts it.
fn by_url_crate(text: &str) -> Option<(String, Option<u16>)> {
    let url = url::Url::parse(text).ok()?;
    let host = url.host_str()?;
    let host = host.strip_suffix('.').unwrap_or(host);
    host::check_lengths(host).ok()?;
    Some((host.to_owned(), url.port_or_known_default()))
}

fn near_urls() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9]{1,5}",
        2 => Just(".".to_owned()),
        2 => "[:/\\\\?#@%\\[\\]\t\n \\-_!$&'()*+,;=<>^`{|}~\"éß食ａ．。\u{ad}]",
        1 => prop::sample::select(vec![
            "xn--", "%41", "%2e", "%ff", "0x", "127.0.0.1", "[::1]", "[::ffff:1.2.3.4]", ":443",
            ":80", ":8080", "Ａ", "xn--bcher-kva", "//", "user:pw@", "..", ".1", "999999999999",
        ]).prop_map(str::to_owned),
    ];
    let scheme = prop::sample::select(vec![
        "https://",
        "http://",
        "HTTP://",
        "https:",
        "http:/",
        " http:\\\\",
    ]);
    (scheme, prop::collection::vec(piece, 0..8))
        .prop_map(|(scheme, pieces)| format!("{scheme}{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn the_answer_is_the_url_standards(text in near_urls()) {
        let ours = match parse(text.as_bytes()) {
            Referer::Host { host, port } => Some((host, port)),
            Referer::Missing | Referer::Unusable(_) => None,
        };
        prop_assert_eq!(ours, by_url_crate(&text), "{:?}", text);
    }

    #[test]
    fn the_usual_way_agrees_with_the_long_way(
        text in "https?://[A-Za-z0-9._\\-]{0,20}(:[0-9]{0,6})?([/?#@\\\\ ][ -~]{0,9})?",
    ) {
        if let Some(referer) = parse_usual(text.as_bytes()) {
            prop_assert_eq!(referer, parse_any(text.as_bytes()));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        let _ = parse(&bytes);
        let _ = parse(&[b"https://", bytes.as_slice()].concat());
    }

    #[test]
    fn a_bare_host_is_read_as_within_a_url(name in "[a-z]{1,8}(\\.[a-z]{1,8}){0,3}") {
        prop_assume!(name != "null");
        prop_assert_eq!(parse(name.as_bytes()), host(&name, None));
        prop_assert_eq!(parse(format!("https://{name}/").as_bytes()), host(&name, 443));
    }
}
