use super::*;

#[test]
fn ids_tell_sources_apart() {
    assert_eq!(EventId::new("edge-1", "5"), EventId::new("edge-1", "5"));
    assert_ne!(EventId::new("edge-1", "5"), EventId::new("edge-2", "5"));
    assert_ne!(EventId::new("edge-1", "5"), EventId::new("edge-", "15"));
    assert!(EventId::new("replay:access.log", "5").permanent);
    assert!(!EventId::new("edge-1", "5").permanent);
}

#[test]
fn samples_are_bounded_by_key_and_by_minute() {
    let sampler = Sampler::new(Keeping::default());
    let now: Timestamp = "2026-06-15T12:00:00Z".parse().unwrap();
    let mut picks = sampler.picks(now);
    let taken =
        |picks: &mut Picks<'_>, site, code| (0..50).filter(|_| picks.pick(now, site, code)).count();
    assert_eq!(taken(&mut picks, 1, "referer_denied"), 5);
    assert_eq!(taken(&mut picks, 1, "payload_used"), 5);
    assert_eq!(taken(&mut picks, 1, "ok"), 1);
    let altogether: usize = (2..1_000).map(|site| taken(&mut picks, site, "referer_denied")).sum();
    assert_eq!(altogether, 500 - 10);
    assert!(!picks.pick("2026-06-07T23:59:59Z".parse().unwrap(), 1, "token_err"));
    assert!(picks.pick("2026-06-08T00:00:00Z".parse().unwrap(), 1, "token_err"));
}

#[test]
fn long_texts_are_cut_between_characters() {
    assert_eq!(&*storable("aé", 2), "a");
    assert_eq!(&*storable("a\0b", 9), "a\u{fffd}b");
}

#[test]
fn a_referer_cannot_name_what_stands_for_several_hosts() {
    for referer in ["https://*/", "*", "http://*:80/x", "https://%2A/"] {
        assert_eq!(&*host_of(Some(referer.as_bytes())), host::UNUSABLE, "{referer}");
    }
    assert_eq!(&*host_of(Some(b"https://*.example/")), "*.example");
}
