//! Sites from files: `apply`, `export` and `import`, and what the trail keeps of them.

use serde_json::{Value, json};
use sitekeeper_tests::{Server, seed};

fn apply(server: &Server, file: &str, more: &[&str]) -> Value {
    let arguments: Vec<&str> = ["apply", "-f", "-", "--json"].iter().chain(more).copied().collect();
    server.run_with_input(&arguments, file.as_bytes()).succeeded().json()
}

fn list(server: &Server) -> Vec<Value> {
    let listed = server.run(&["site", "list", "--json"]).succeeded().json();
    listed["sites"].as_array().cloned().unwrap_or_default()
}

const SHOP: &str = "\
sites:
  - name: Shop
    tags: [europe]
    domains:
      - shop.example
      - {host: blog.example, include_subdomains: true}
  - name: Closed
    state: paused
    pause_reason: Moving house
    domains: [closed.example]
";

#[tokio::test]
async fn a_file_applied_twice_changes_nothing_the_second_time() {
    let server = Server::start().await;
    let first = apply(&server, SHOP, &[]);
    assert_eq!(
        (&first["extent"]["made"], &first["extent"]["domains_added"]),
        (&json!(2), &json!(3))
    );
    let made = first["made"].as_array().cloned().unwrap_or_default();
    let sitekey = |at: usize| made[at]["sitekey"].as_str().unwrap_or_default().to_owned();
    let machine = server.machine("check");
    let code = async |sitekey: &str, referer: &str| {
        let answer = machine.check(sitekey, referer).await;
        answer["code"].as_str().unwrap_or("allow").to_owned()
    };
    assert_eq!(code(&sitekey(0), "https://a.blog.example/").await, "allow");
    assert_eq!(code(&sitekey(0), "https://a.shop.example/").await, "referer_denied");
    assert_eq!(code(&sitekey(1), "https://closed.example/").await, "site_paused");

    let before = list(&server);
    let second = apply(&server, SHOP, &[]);
    assert_eq!((&second["lines"], &second["entry"]), (&json!([]), &Value::Null));
    assert_eq!(list(&server), before, "not even a version was counted");
    let said = server.run_with_input(&["apply", "-f", "-"], SHOP.as_bytes()).succeeded().stdout;
    assert!(said.contains("Nothing to change."), "{said}");
}

#[tokio::test]
async fn a_list_of_domains_is_the_whole_list_and_a_dry_run_does_nothing() {
    let server = Server::start().await;
    apply(&server, SHOP, &[]);
    let id =
        list(&server).iter().find(|site| site["name"] == "Shop").map(|site| site["id"].clone());
    let id = id.unwrap_or_default();
    let next = format!(
        "sites:\n  - id: {id}\n    name: Store\n    domains: [{{host: shop.example, include_subdomains: true}}, new.example]\n"
    );
    let before = list(&server);
    let dry =
        server.run_with_input(&["apply", "-f", "-", "--dry-run"], next.as_bytes()).succeeded();
    for line in [
        "name: Shop → Store",
        "+ domain new.example (exact)",
        "~ domain shop.example (exact) → including subdomains",
        "- domain blog.example (including subdomains)",
        "Nothing was changed",
    ] {
        assert!(dry.stdout.contains(line), "{line}: {}", dry.stdout);
    }
    assert_eq!(list(&server), before);
    apply(&server, &next, &[]);
    let store = list(&server).into_iter().find(|site| site["id"] == id).unwrap_or_default();
    let hosts: Vec<&Value> =
        store["domains"].as_array().into_iter().flatten().map(|domain| &domain["host"]).collect();
    assert_eq!(
        (&store["name"], hosts),
        (&json!("Store"), vec![&json!("new.example"), &json!("shop.example")])
    );
    assert_eq!(store["tags"], json!(["europe"]), "what the file leaves out stays");
    assert_eq!(list(&server).len(), 2, "sites the file does not have stay");

    let pruned = apply(&server, &next, &["--prune"]);
    assert_eq!(pruned["extent"]["deleted"], 1);
    assert_eq!(list(&server).len(), 1);
}

#[tokio::test]
async fn one_bad_line_refuses_the_whole_file_and_is_named() {
    let server = Server::start().await;
    let file = "sites:\n  - name: Fine\n    domains: [fine.example]\n  - name: Bad\n    domains:\n      - bad.example\n      - co.uk\n";
    let refused = server.run_with_input(&["apply", "-f", "-"], file.as_bytes());
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("sites[1].domains[1] (line 7)"), "{}", refused.stderr);
    assert!(refused.stderr.contains("public suffix"), "{}", refused.stderr);
    for (file, says) in [
        ("sites:\n  - nmae: Shop\n", "line 2"),
        ("sites:\n  - id: 999999\n", "There is no site 999999"),
        ("sites:\n  - name: Shop\n  - name: Shop\n", "twice"),
        ("nonsense", ""),
    ] {
        let refused = server.run_with_input(&["apply", "-f", "-"], file.as_bytes());
        assert_eq!(refused.status.code(), Some(1), "{file}");
        assert!(refused.stderr.contains(says), "{file}: {}", refused.stderr);
        assert!(refused.stderr.contains("Nothing was changed."), "{}", refused.stderr);
    }
    assert_eq!(list(&server), Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_exported_asks_for_what_is_there() {
    let server = Server::start().await;
    apply(&server, SHOP, &[]);
    let named = server.create_site("no: \"#\" - yes", "127.0.0.1");
    let exported = server.run(&["export"]).succeeded().stdout;
    assert_eq!(server.run(&["export"]).succeeded().stdout, exported, "the order is stable");
    assert!(!exported.contains("secret_") && !exported.contains(&named.sitekey), "{exported}");
    assert_eq!(apply(&server, &exported, &["--prune"])["lines"], json!([]));
    let one = server.run(&["export", "--site", &named.id.to_string()]).succeeded().stdout;
    assert_eq!(one.matches("- id:").count(), 1, "{one}");
    let none = server.run(&["export", "--site", "999999"]);
    assert_eq!((none.status.code(), none.stdout.as_str()), (Some(1), ""));
}

#[tokio::test]
async fn a_csv_of_names_and_domains_adds_and_removes_nothing() {
    let server = Server::start().await;
    let shop = server.create_site("Shop", "shop.example");
    let file =
        "name,domains\nShop,new.example;*.wide.example\nOther,other.example\nOther,two.example\n";
    let import = |more: &[&str]| {
        let arguments: Vec<&str> = ["import", "-", "--json"].iter().chain(more).copied().collect();
        server.run_with_input(&arguments, file.as_bytes()).succeeded().json()
    };
    assert_eq!(import(&["--dry-run"])["applied"], false);
    assert_eq!(list(&server).len(), 1);
    let done = import(&[]);
    assert_eq!((&done["extent"]["made"], &done["extent"]["domains_added"]), (&json!(1), &json!(4)));
    let machine = server.machine("check");
    for referer in ["https://shop.example/", "https://a.wide.example/", "https://new.example/"] {
        let mut decision = machine.check(&shop.sitekey, referer).await["decision"].clone();
        for _ in 0..100 {
            if decision == "allow" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            decision = machine.check(&shop.sitekey, referer).await["decision"].clone();
        }
        assert_eq!(decision, "allow", "{referer}");
    }
    assert_eq!(import(&[])["lines"], json!([]));
}

#[tokio::test]
async fn a_thousand_sites_are_one_transaction_and_one_undo() {
    let server = Server::start().await;
    let file = seed::sites_file(1_000, 3).to_string();
    let done = apply(&server, &file, &[]);
    assert_eq!(done["made"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(apply(&server, &file, &[])["lines"], json!([]));
    let empty = "sites: []";
    let pruned = apply(&server, empty, &["--prune"]);
    assert_eq!(pruned["extent"]["deleted"], 1_000);
    assert_eq!(list(&server).len(), 0);
    let entry = pruned["entry"].to_string();
    let console = server.console().await;
    let fields = [("entry", entry.as_str()), ("all", "true"), ("back", "/audit")];
    let page = console.submit("/api/audit/undo", &fields).await.expect(200).body;
    assert!(page.contains("Taken back: 1,000"), "{page}");
    assert_eq!(list(&server).len(), 1_000);
}

#[tokio::test]
async fn taking_an_apply_back_says_the_same_number_before_and_after() {
    let server = Server::start().await;
    let done = apply(&server, SHOP, &[]);
    let entry = done["entry"].to_string();
    let console = server.console().await;
    let trail = console.get(&format!("/audit?batch={entry}")).await.expect(200).body;
    let ask = console.get(&format!("/audit/{entry}/undo?all=true")).await.expect(200).body;
    let number = |page: &str, before: &str| -> i64 {
        let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("no {before}: {page}"));
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_else(|_| panic!("no number after {before}: {rest}"))
    };
    let asked = number(&ask, "<h1>Take back ");
    assert!(asked > 2, "two sites were made, each with its domains: {ask}");
    assert!(trail.contains(&format!("{asked}\u{a0}changes of 2\u{a0}sites")), "{trail}");
    assert!(ask.contains("more changes go with the sites that were made"), "{ask}");
    let fields =
        [("entry", entry.as_str()), ("all", "true"), ("confirmed", "true"), ("back", "/audit")];
    let page = console.submit("/api/audit/undo", &fields).await.expect(200).body;
    assert_eq!(number(&page, "Taken back: "), asked);
}
