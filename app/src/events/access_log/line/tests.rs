//! Tests of [`parse_line`]: real lines, every tolerance, every refusal.

use proptest::prelude::*;

use super::super::escape::tests::apache;
use super::*;

/// Lines of the sample log published in elastic/examples (Apache-2.0), among them the one
/// with a referer that is not UTF-8 (windows-1251) and one without a size.
const REAL: [&[u8]; 5] = [
    br#"83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /presentations/logstash-monitorama-2013/images/kibana-search.png HTTP/1.1" 200 203023 "http://semicomplete.com/presentations/logstash-monitorama-2013/" "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.77 Safari/537.36""#,
    br#"200.49.190.101 - - [17/May/2015:10:05:36 +0000] "GET /reset.css HTTP/1.1" 200 1015 "-" "-""#,
    br#"201.242.142.135 - - [19/May/2015:11:05:10 +0000] "GET /files/logstash/ HTTP/1.0" 200 13316 "http://\xe4\xe5\xe3\xf2\xff\xf0\xed\xee\xe5-\xec\xfb\xeb\xee.\xf0\xf4/" "Mozilla/5.0 (Windows NT 6.1; rv:11.0) Gecko/20100101 Firefox/11.0""#,
    br#"66.249.73.135 - - [18/May/2015:03:05:34 +0000] "GET /misc/Title.php.txt HTTP/1.1" 500 - "-" "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)""#,
    br#"204.244.74.22 - - [19/May/2015:06:05:17 +0000] "GET /files/xdotool/xdotool-2.20101014.3063.tar.gz HTTP/1.1" 416 400 "-" "Wget/1.14 (linux-gnu)""#,
];

fn parse(line: &str) -> Result<Request<'_>, Malformed> {
    parse_line(line.as_bytes())
}

fn host_of(before: &str) -> String {
    let line =
        format!("{before} [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"");
    String::from_utf8(parse(&line).unwrap().host.to_vec()).unwrap()
}

/// The line with these columns after the time.
fn with_columns(columns: &str) -> String {
    format!("192.0.2.1 - - [17/May/2015:10:05:03 +0000] {columns}")
}

#[test]
fn real_lines_are_read_whole() {
    let requests = REAL.map(|line| parse_line(line).unwrap());
    assert_eq!(
        requests[0],
        Request {
            host: b"83.149.9.216",
            time: "2015-05-17T10:05:03Z".parse().unwrap(),
            request: Cow::Borrowed(
                b"GET /presentations/logstash-monitorama-2013/images/kibana-search.png HTTP/1.1"
            ),
            status: Some(200),
            referer: Some(Cow::Borrowed(
                b"http://semicomplete.com/presentations/logstash-monitorama-2013/"
            )),
            user_agent: Some(Cow::Borrowed(
                b"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like \
                  Gecko) Chrome/32.0.1700.77 Safari/537.36"
            )),
        }
    );
    assert_eq!((&requests[1].referer, &requests[1].user_agent), (&None, &None));
    assert_eq!(
        requests[2].referer.as_deref(),
        Some(&b"http://\xe4\xe5\xe3\xf2\xff\xf0\xed\xee\xe5-\xec\xfb\xeb\xee.\xf0\xf4/"[..])
    );
    assert_eq!(requests.map(|request| request.status), [200, 200, 200, 500, 416].map(Some));
}

#[test]
fn raw_bytes_survive_like_escaped_ones() {
    let line =
        b"h - - [17/May/2015:10:05:03 +0000] \"GET /\xff\" 200 5 \"http://\xe4\xe5/\" \"\0\"";
    let request = parse_line(line).unwrap();
    assert_eq!(&*request.request, b"GET /\xff");
    assert_eq!(request.referer.as_deref(), Some(&b"http://\xe4\xe5/"[..]));
    assert_eq!(request.user_agent.as_deref(), Some(&b"\0"[..]));
}

#[test]
fn the_host_is_found_among_what_stands_before_the_time() {
    for (before, host) in [
        ("192.0.2.1 - -", "192.0.2.1"),
        ("2001:db8::1 - frank", "2001:db8::1"),
        ("[2001:db8::1] - -", "[2001:db8::1]"),
        ("client.example ident frank", "client.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("  192.0.2.1\t-  -", "192.0.2.1"),
        ("192.0.2.1 - frank the [great]", "192.0.2.1"),
        ("192.0.2.1 - [x] -", "192.0.2.1"),
        ("shop.example:443 192.0.2.1 - -", "192.0.2.1"),
        ("shop.example:443 192.0.2.1 ident frank", "192.0.2.1"),
        ("[2001:db8::2]:80 2001:db8::1 - -", "2001:db8::1"),
        ("shop.example 192.0.2.1 - -", "192.0.2.1"),
        ("May 17 10:05:03 edge-1 nginx: 192.0.2.1 - -", "192.0.2.1"),
        ("2001:db8::1 ident frank the great", "2001:db8::1"),
    ] {
        assert_eq!(host_of(before), host, "{before}");
    }
}

#[test]
fn columns_may_be_odd() {
    for (columns, status, referer, user_agent) in [
        (r#""GET /" 200 5 "r" "u" "extra" 0.003 upstream"#, Some(200), Some("r"), Some("u")),
        (r#""GET /" 200 5 "r""#, Some(200), Some("r"), None),
        (r#""GET /" 200 5 "r" 0.003"#, Some(200), Some("r"), None),
        (r#""GET /" 200 5 "" """#, Some(200), None, None),
        (r#""" 400 0 "-" "-""#, Some(400), None, None),
        (r#""-" 408 - "-" "-""#, Some(408), None, None),
        (r#""-" - - "-" "u""#, None, None, Some("u")),
        (r#""\x16\x03\x01\x02\x00\"" 400 226 "-" "-""#, Some(400), None, None),
        (r#""GET /?q="a"b HTTP/1.1" 200 5 "r" "u""#, Some(200), Some("r"), Some("u")),
        (r#"  "GET /"  200  5  "r"  "u"  "#, Some(200), Some("r"), Some("u")),
        (
            "\"GET /\" 499 5 \"a\\tb\\\"c\\\\d\\x22\" \"u\"\r\n",
            Some(499),
            Some("a\tb\"c\\d\""),
            Some("u"),
        ),
    ] {
        let line = with_columns(columns);
        let request = parse(&line).unwrap();
        assert_eq!(request.status, status, "{columns}");
        assert_eq!(request.referer.as_deref(), referer.map(str::as_bytes), "{columns}");
        assert_eq!(request.user_agent.as_deref(), user_agent.map(str::as_bytes), "{columns}");
    }
}

#[test]
fn refusals_name_the_column() {
    for (columns, fault) in [
        ("", Malformed::Missing(Column::Request)),
        ("GET / 200", Malformed::Unquoted(Column::Request)),
        (r#""GET /"#, Malformed::Unclosed(Column::Request)),
        (r#""GET /""#, Malformed::Missing(Column::Status)),
        (r#""GET /" 2000 5 "r" "u""#, Malformed::Status),
        (r#""GET /" ok 5 "r" "u""#, Malformed::Status),
        (r#""GET /" 200"#, Malformed::Missing(Column::Size)),
        (r#""GET /" 200 5k "r" "u""#, Malformed::Size),
        (r#""GET /" 200 5"#, Malformed::Common),
        (r#""GET /" 200 5 r u"#, Malformed::Unquoted(Column::Referer)),
        (r#""GET /" 200 5 "r"#, Malformed::Unclosed(Column::Referer)),
        (r#""GET /" 200 5 "r" "u"#, Malformed::Unclosed(Column::UserAgent)),
    ] {
        assert_eq!(parse(&with_columns(columns)), Err(fault), "{columns}");
    }
    for (line, fault) in [
        (" \t\r\n", Malformed::Blank),
        ("nonsense", Malformed::Missing(Column::Time)),
        (r#"{"time":"2015-05-17T10:05:03Z"}"#, Malformed::Missing(Column::Time)),
        (r#"[17/May/2015:10:05:03 +0000] "GET /" 200 5 "r" "u""#, Malformed::Missing(Column::Host)),
        (r#"h - - [2015-05-17T10:05:03Z] "GET /" 200 5 "r" "u""#, Malformed::TimeShape),
        ("h - - [17/May/2015:10:05:03 +0000", Malformed::TimeShape),
        (r#"h - - [31/Apr/2015:10:05:03 +0000] "GET /" 200 5 "r" "u""#, Malformed::TimeValue),
    ] {
        assert_eq!(parse(line), Err(fault), "{line}");
    }
    assert_eq!(
        Malformed::Unclosed(Column::UserAgent).to_string(),
        "the user agent has no closing quote"
    );
}

proptest! {
    #[test]
    fn bytes_never_panic(line: Vec<u8>) {
        let _ = parse_line(&line);
    }

    #[test]
    fn damaged_real_lines_never_panic(
        which in 0..REAL.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        length: prop::sample::Index,
    ) {
        let mut line = REAL[which].to_vec();
        for (at, byte) in damage {
            let at = at.index(line.len());
            line[at] = byte;
        }
        line.truncate(length.index(line.len()));
        let _ = parse_line(&line);
    }

    #[test]
    fn logged_headers_come_back_byte_for_byte(
        referer: Vec<u8>,
        user_agent: Vec<u8>,
        request: Vec<u8>,
    ) {
        let line = [
            &b"192.0.2.1 - - [17/May/2015:10:05:03 +0000] \""[..],
            &apache(&request),
            b"\" 200 5 \"",
            &apache(&referer),
            b"\" \"",
            &apache(&user_agent),
            b"\"",
        ]
        .concat();
        let parsed = parse_line(&line).unwrap();
        let sent = |header: &[u8]| (!matches!(header, b"" | b"-")).then(|| header.to_vec());
        prop_assert_eq!(parsed.request.into_owned(), request);
        prop_assert_eq!(parsed.referer.map(Cow::into_owned), sent(&referer));
        prop_assert_eq!(parsed.user_agent.map(Cow::into_owned), sent(&user_agent));
    }
}
