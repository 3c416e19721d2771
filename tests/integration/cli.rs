//! The command line: what each command prints, and how it ends.

use serde_json::json;
use sitekeeper_tests::{Server, binary};
use std::process::Command;

#[tokio::test]
async fn site_create_prints_id_sitekey_and_secret() {
    let server = Server::start().await;
    let create = |more: &[&str]| {
        let arguments: Vec<&str> =
            ["site", "create", "--name", "Shop"].iter().chain(more).copied().collect();
        server.run(&arguments)
    };
    let said = create(&["--domain", "shop.example", "--domain", "two.example"]).succeeded().stdout;
    let lines: Vec<(&str, &str)> = said
        .lines()
        .map(|line| {
            line.split_once(' ').map(|(name, value)| (name, value.trim())).expect("name and value")
        })
        .collect();
    assert_eq!(
        lines.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["site", "sitekey", "secret"]
    );
    assert!(lines[0].1.parse::<i64>().is_ok());
    assert!(lines[1].1.starts_with("site_") && lines[1].1.len() == 5 + 26, "{said}");
    assert!(lines[2].1.starts_with("secret_") && lines[2].1.len() > 7 + 40, "{said}");
    let made =
        create(&["--domain", "three.example", "--include-subdomains", "--json"]).succeeded().json();
    let fields: Vec<&String> = made.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["id", "secret", "sitekey"]);
    let machine = server.machine("check");
    let sitekey = made["sitekey"].as_str().unwrap_or_default();
    assert_eq!(machine.check(sitekey, "https://a.three.example/").await["decision"], "allow");
    assert_eq!(machine.check(lines[1].1, "https://a.two.example/").await["decision"], "deny");
    assert_eq!(machine.check(lines[1].1, "https://two.example/").await["decision"], "allow");
}

#[tokio::test]
async fn a_second_site_of_a_name_is_made_and_told_of() {
    let server = Server::start().await;
    let create = |name: &str| {
        server.run(&["site", "create", "--name", name, "--domain", "shop.example"]).succeeded()
    };
    assert!(!create("Shop").stderr.contains("same name"));
    let second = create("Shop");
    assert_eq!(second.stdout.lines().count(), 3, "{}", second.stdout);
    assert!(second.stderr.contains("Site 1 has the same name"), "{}", second.stderr);
    assert!(create("Shop").stderr.contains("2 other sites have the same name"));
    let console = server.console().await;
    let fields = [("name", "Shop"), ("domains", "a.example")];
    let page = console.submit("/api/sites/create", &fields).await.expect(200).body;
    assert!(page.contains("3 other sites have the same name"), "{page}");
}

#[test]
fn a_command_that_makes_an_installation_says_where() {
    let data = tempfile::TempDir::new().expect("/tmp can be written");
    let list = || {
        let listed = Command::new(binary())
            .args(["site", "list", "--json"])
            .env_remove("DATABASE_URL")
            .env("SITEKEEPER_DATA_DIR", data.path())
            .output()
            .expect("it runs");
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        assert_eq!(listed.stdout, b"{\"sites\":[]}\n");
        String::from_utf8(listed.stderr).expect("text")
    };
    let first = list();
    let path = data.path().canonicalize().expect("it is there");
    assert!(first.contains(&path.display().to_string()), "{first}");
    assert!(first.contains("--data-dir") && first.contains("DATABASE_URL"), "{first}");
    assert_eq!(list(), "", "it is there now");
}

#[tokio::test]
async fn a_refused_site_is_not_made() {
    let server = Server::start().await;
    let beside = ["site", "create", "--name", "Shop", "--domain", "shop.example", "--domain", ""];
    let refused = server.run(&beside);
    assert_eq!(refused.status.code(), Some(1), "an empty domain is not passed over");
    assert!(refused.stderr.contains("Domain 2"), "{}", refused.stderr);
    for domain in ["co.uk", "*", "", "shop.example\nco.uk"] {
        let refused = server.run(&["site", "create", "--name", "Shop", "--domain", domain]);
        assert_eq!(refused.status.code(), Some(1), "{domain:?}");
        assert_eq!(refused.stdout, "", "{domain:?}");
        assert!(refused.stderr.len() > 20, "{domain:?}: {}", refused.stderr);
    }
    assert_eq!(
        server.run(&["site", "create", "--name", " ", "--domain", "shop.example"]).status.code(),
        Some(1)
    );
    assert_eq!(
        server.run(&["site", "create", "--name", "Shop"]).status.code(),
        Some(2),
        "a domain is asked for"
    );
    let list = server.machine("sites:read").get("/v1/sites", &[]).await.expect(200).json();
    assert_eq!(list["sites"], json!([]));
}

#[tokio::test]
async fn token_create_prints_the_token_alone() {
    let server = Server::start().await;
    let made = server
        .run(&["token", "create", "--name", "edge-1", "--scope", "check,stats:read"])
        .succeeded();
    assert_eq!(made.stdout.lines().count(), 1);
    assert!(!made.stdout.trim().contains(char::is_whitespace), "{}", made.stdout);
    let json = server
        .run(&["token", "create", "--name", "edge-2", "--scope", "check", "--json"])
        .succeeded()
        .json();
    assert_eq!((&json["name"], &json["scopes"]), (&json!("edge-2"), &json!(["check"])));
    let machine = server.machine("check").with_token(json["token"].as_str().unwrap_or_default());
    machine.post("/v1/check", &json!({})).await.expect(200).json();
    let unknown = server.run(&["token", "create", "--name", "edge-3", "--scope", "everything"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(unknown.stderr.contains("events:write"), "it says what there is: {}", unknown.stderr);
    assert_eq!(
        server.run(&["token", "create", "--name", "", "--scope", "check"]).status.code(),
        Some(1)
    );
}

#[tokio::test]
async fn admin_create_takes_the_password_from_standard_input() {
    let server = Server::start().await;
    let create = |email: &str, password: &[u8]| {
        server.run_with_input(&["admin", "create", "--email", email, "--password-stdin"], password)
    };
    let _ = create("Bob@Example.com", b"correct horse battery\n").succeeded();
    server.visitor().sign_in("bob@example.com", "correct horse battery").await;
    for (email, password) in [
        ("bob@example.com", "correct horse battery"),
        ("eve@example.com", "short"),
        ("eve", "correct horse battery"),
    ] {
        let refused = create(email, password.as_bytes());
        assert_eq!(refused.status.code(), Some(1), "{email} {password}");
        assert!(!refused.stderr.contains("correct horse"), "a password is not repeated");
    }
    let without = server.run(&["admin", "create", "--email", "eve@example.com"]);
    assert_eq!(without.status.code(), Some(2), "--password-stdin is asked for");
}

#[tokio::test]
async fn an_administrator_makes_the_set_up_link_worthless() {
    let server = Server::start().await;
    let link = server.setup_link().expect("a new server prints a set-up link");
    let _ = server
        .run_with_input(
            &["admin", "create", "--email", "bob@example.com", "--password-stdin"],
            b"correct horse battery",
        )
        .succeeded();
    let page = server.visitor().get(&link).await.expect(200).body;
    assert!(!page.contains("/api/auth/set_up"), "the link of before makes no other administrator");
    let (_, token) = link.split_once("token=").expect("the link has a token");
    let fields =
        [("token", token), ("email", "eve@example.com"), ("password", "correct horse battery")];
    let answer = server.visitor().post("/api/auth/set_up", &fields).await;
    assert!(answer.header("location").starts_with("/setup"), "{}", answer.header("location"));
}

#[tokio::test]
async fn migrate_can_be_run_again() {
    let server = Server::start().await;
    let _ = server.run(&["migrate"]).succeeded();
    assert_eq!(server.run(&["migrate", "--json"]).succeeded().json(), json!({ "migrated": true }));
}

#[tokio::test]
async fn commands_work_beside_a_server_and_without_one() {
    let mut server = Server::embedded().await;
    let beside = server.create_site("Beside", "beside.example");
    let machine = server.machine("check");
    assert_eq!(
        machine.check(&beside.sitekey, "https://beside.example/").await["decision"],
        "allow"
    );
    assert!(server.stop().success(), "{}", server.log());
    let without = server.create_site("Without", "without.example");
    assert!(without.id > beside.id);
    let explain = [
        "gate",
        "explain",
        "--sitekey",
        &without.sitekey,
        "--referer",
        "https://without.example/",
        "--json",
    ];
    assert_eq!(server.run(&explain).succeeded().json()["decision"], "allow");
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused() {
    let server = Server::embedded().await;
    let second = server.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    let told = &second.stderr;
    assert!(
        told.contains("Another sitekeeper serve") && told.contains(&server.pid().to_string()),
        "{told}"
    );
    assert!(told.contains("SITEKEEPER_DATA_DIR"), "it says what to do: {told}");
    assert_eq!(server.visitor().get("/readyz").await.status, 200, "the first is not disturbed");
}

#[tokio::test]
async fn a_server_that_was_killed_loses_nothing_and_one_that_is_stopped_says_so() {
    let server = Server::embedded().await;
    let site = server.create_site("Shop", "shop.example");
    let machine = server.machine("check");
    let mut server = server.kill_and_restart().await;
    assert_eq!(
        machine.of(&server).check(&site.sitekey, "https://shop.example/").await["decision"],
        "allow"
    );
    assert!(server.stop().success(), "{}", server.log());
    let postgres = server.data_dir().join("postgres");
    let running =
        walk(server.data_dir()).into_iter().filter(|path| path.ends_with("postmaster.pid")).count();
    assert_eq!(running, 0, "PostgreSQL still runs in {}", postgres.display());
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn help_says_every_flag_and_its_variable() {
    let said = |arguments: &[&str]| {
        let output = Command::new(binary()).args(arguments).output().expect("sitekeeper starts");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let help = said(&["serve", "--help"]);
    for name in [
        "DATABASE_URL",
        "SITEKEEPER_LISTEN",
        "SITEKEEPER_DATA_DIR",
        "SITEKEEPER_BASE_URL",
        "SITEKEEPER_LOG",
    ] {
        assert!(help.contains(name), "{name}");
    }
    assert!(help.contains("127.0.0.1:3000") && help.contains("./data"), "the defaults");
    let commands = said(&["--help"]);
    for command in [
        "serve", "migrate", "admin", "token", "site", "domain", "gate", "export", "apply",
        "import", "replay", "detect",
    ] {
        assert!(commands.contains(&format!("\n  {command}")), "{command}");
    }
    assert!(said(&["--version"]).starts_with("sitekeeper "));
    for unknown in [&["frobnicate"][..], &["serve", "--frobnicate"], &[]] {
        let output = Command::new(binary()).args(unknown).output().expect("sitekeeper starts");
        assert_eq!(output.status.code(), Some(2), "{unknown:?}");
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_told_without_its_password() {
    let server = Server::start().await;
    let output =
        server.run(&["--database-url", "postgres://ann:hunter2@127.0.0.1:1/none", "migrate"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.len() > 20 && !output.stderr.contains("hunter2"), "{}", output.stderr);
}

#[tokio::test]
async fn links_name_the_address_that_serve_was_told() {
    let server = Server::start().await;
    let made = server.run(&["site", "create", "--name", "Shop", "--domain", "shop.example"]);
    let told = made.succeeded().stderr;
    assert!(told.contains(&format!("{}/sites/", server.base)), "{told}");
}
