use super::*;

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn wrong(text: &str) -> Vec<String> {
    read(text, now()).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_file_says_what_is_to_be() {
    let text = "\
sites:
  - id: 7
    name: ' My  shop '
    state: paused
    pause_reason: Maintenance
    starts_at: 2026-11-30T14:05:00Z
    tags: [europe, Partner]
    domains:
      - https://Shop.example/cart
      - {host: blog.example, include_subdomains: true}
      - 127.0.0.1
  - name: Other
";
    let desired = read(text, now()).unwrap();
    assert_eq!(desired.len(), 2);
    let shop = &desired[0];
    assert_eq!((shop.id, shop.name.as_deref()), (Some(SiteId(7)), Some("My shop")));
    assert_eq!(shop.tags.as_deref(), Some(&["europe".to_owned(), "partner".to_owned()][..]));
    let Some(Standing::Paused(Some(pause))) = &shop.standing else { panic!("{shop:?}") };
    assert_eq!(pause.reason.as_deref(), Some("Maintenance"));
    assert_eq!(pause.starts_at, "2026-11-30T14:05:00Z".parse().ok());
    let hosts: Vec<String> =
        shop.domains.as_ref().unwrap().patterns.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["shop.example", "blog.example", "127.0.0.1"]);
    assert_eq!(desired[1].domains, None, "what is left out stays as it is");
    assert_eq!(desired[1].place.line, Some(12));
}

#[test]
fn json_is_yaml() {
    let text = r#"{"sites": [{"name": "Shop", "domains": [{"host": "a.example"}, "b.example"]}]}"#;
    assert_eq!(read(text, now()).unwrap()[0].domains.as_ref().unwrap().patterns.len(), 2);
}

#[test]
fn everything_wrong_is_told_with_its_place() {
    let text = "\
sites:
  - name: Shop
    state: stopped
    tags: [ok, not ok]
    missing_referer: perhaps
    domains:
      - shop.example
      - co.uk
      - SHOP.example
  - name: ''
    pause_reason: Why
    starts_at: tomorrow
";
    let told = wrong(text);
    let starts: Vec<&str> = told.iter().filter_map(|told| told.split(": ").next()).collect();
    assert_eq!(
        starts,
        [
            "sites[0].state (line 3)",
            "sites[0].missing_referer (line 5)",
            "sites[0].tags[1] (line 4)",
            "sites[0].domains[1] (line 8)",
            "sites[0].domains[2] (line 9)",
            "sites[1].pause_reason (line 11)",
            "sites[1].starts_at (line 12)",
            "sites[1].name (line 10)",
        ],
        "{told:#?}"
    );
    assert!(told[3].contains("public suffix"), "{told:#?}");
    assert!(told[4].contains("first as domains[0]"), "{told:#?}");
}

#[test]
fn what_has_another_shape_is_refused_with_its_line() {
    for (text, says) in [
        ("sites:\n  - nmae: Shop\n", "nmae"),
        ("sites:\n  - name: Shop\n    domains:\n", ""),
        ("sites:\n  - name: Shop\n    domains:\n      - {hots: a.example}\n", "hots"),
        ("sites:\n  - name: Shop\n    any_hostname: perhaps\n", ""),
        ("sites:\n  - name: Shop\n    name: Store\n", "name"),
        ("site: []\n", "site"),
        ("sites: [", ""),
    ] {
        let told = wrong(text);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("line ") && told[0].contains(says), "{text:?}: {told:?}");
    }
    assert!(wrong("sites:\n  - nmae: Shop\n")[0].starts_with("line 2: "));
    assert_eq!(wrong("").len(), 1);
}

#[test]
fn a_hostile_file_costs_little() {
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, of) in ('b'..='i').zip('a'..) {
        let nine = vec![format!("*{of}"); 9].join(",");
        bomb.extend([format!("{name}: &{name} [{nine}]\n")]);
    }
    bomb.push_str("sites: *i\n");
    assert_eq!(wrong(&bomb).len(), 1);
    assert_eq!(wrong(&format!("sites: {}", "[".repeat(100_000))).len(), 1);
    assert_eq!(wrong(&format!("sites: {}", "{a: ".repeat(1_000))).len(), 1);
    assert_eq!(wrong(&"x".repeat(MOST_BYTES + 1)).len(), 1);
    assert_eq!(wrong("sites: []\n---\nsites: []\n").len(), 1);
}
