use super::*;

fn sample(at: i64, agent: &str, sitekey: Option<&str>, host: &str) -> Sample {
    Sample {
        time: Timestamp::from_second(at).unwrap(),
        site: 7,
        code: "site_paused".to_owned(),
        source: "edge-1".to_owned(),
        sitekey: sitekey.map(str::to_owned),
        host: host.to_owned(),
        referer: None,
        client: None,
        trace: None,
        user_agent: Some(agent.to_owned()),
    }
}

fn material<'a>(kept: &'a [Sample], any: &'a [Sample], known: &'a HashSet<String>) -> Material<'a> {
    Material {
        code: "site_paused",
        site: Some(SiteId(7)),
        onset: Timestamp::UNIX_EPOCH,
        counted: &[],
        kept,
        earlier: &[],
        any,
        sitekeys: &[],
        trail: &[],
        policy: None,
        known,
    }
}

#[test]
fn a_code_that_never_came_is_held_against_the_visitors_of_any_day() {
    let known = HashSet::new();
    let kept: Vec<Sample> = (0..10).map(|at| sample(at, "Phone", None, "")).collect();
    let any: Vec<Sample> =
        (0..100).map(|at| sample(at, if at < 90 { "Phone" } else { "Desk" }, None, "")).collect();
    let found = findings(&material(&kept, &any, &known));
    assert!(found.drivers.iter().all(|driver| !driver.explains()), "{:?}", found.drivers);
    let bots: Vec<Sample> = (0..10).map(|at| sample(at, "curl", None, "")).collect();
    let found = findings(&material(&bots, &any, &known));
    assert_eq!(found.drivers[0].value, "curl");
    assert!(found.drivers[0].explains());
}

#[test]
fn the_key_that_is_sent_most_has_its_hosts() {
    let samples = [
        sample(1, "", Some("site_a"), "shop.example"),
        sample(2, "", Some("site_a"), "shop.example"),
        sample(3, "", Some("site_a"), "?"),
        sample(4, "", Some("site_b"), "else.example"),
    ];
    assert_eq!(most_sent(&samples).as_deref(), Some("site_a"));
    let hosts = hosts_of(&samples, Some("site_a"));
    assert_eq!(hosts.iter().map(|host| host.host.as_str()).collect::<Vec<_>>(), ["shop.example"]);
    let none =
        [sample(1, "", None, ""), sample(2, "", None, ""), sample(3, "", Some("site_a"), "")];
    assert_eq!(most_sent(&none), None);
    let owned = sent_keys(&samples, |key| (key == "site_b").then_some(SiteId(9)));
    assert_eq!(owned, [("site_b".to_owned(), 0.25, SiteId(9))]);
}
