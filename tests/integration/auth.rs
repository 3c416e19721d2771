//! Who may do what: every page, every server function and every call of the machine API, as nobody, as another site's
//! page, and with the wrong token. All of them are read from the source or from the program itself, so a new one is
//! covered without being listed here.

use crate::source;
use reqwest::header::{ACCEPT, COOKIE, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};
use sitekeeper_tests::{Console, Database, Machine, Server};
use std::collections::BTreeSet;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery staple";

/// Pages that answer people who are not signed in, and why.
const OPEN_PAGES: [(&str, &str); 2] = [
    ("/login", "one signs in there"),
    ("/setup", "the first administrator is made there, with a one-time link"),
];

/// Server functions that answer people who are not signed in, and why.
const OPEN_FUNCTIONS: [(&str, &str); 2] = [
    ("/auth/sign_in", "one signs in with it"),
    ("/auth/set_up", "makes the first administrator, with a one-time token"),
];

/// Server functions that do not ask who is signed in, and why.
const ASK_NOBODY: [(&str, &str); 3] = [
    ("/auth/sign_in", "one signs in with it"),
    ("/auth/set_up", "makes the first administrator, with a one-time token"),
    (
        "/auth/entrance",
        "what the sign-in and set-up pages show: whether a link is good, nothing more",
    ),
];

/// Routes of the server, besides pages and server functions, that answer without a token or session, and why.
const OPEN_ROUTES: [(&str, &str); 9] = [
    ("/pkg/{*file}", "the browser's files, the same for everybody"),
    ("/favicon.svg", "static"),
    ("/robots.txt", "static"),
    ("/healthz", "for machines that watch; says nothing but ok"),
    ("/readyz", "for machines that watch; says nothing but ready"),
    ("/metrics", "for machines that watch; counts, no names"),
    ("/v1/openapi.json", "the description of the machine API, the same for everybody"),
    ("/v1/docs", "the same, readable"),
    ("/v1/{*path}", "answers 404"),
];

/// Routes that answer people who are signed in, and nobody else, though they are no pages.
const SIGNED_IN_ROUTES: [(&str, &str); 5] = [
    ("/incidents/{id}/timeline.json", "an incident as a file"),
    ("/audit.csv", "the trail as a file"),
    ("/errors.csv", "the errors as a file"),
    ("/errors.json", "the same, with their courses"),
    ("/errors/live/events", "what the live page follows"),
];

/// A page's address, with a site that exists.
fn address(route: &str, site: i64) -> String {
    let address = route.replace(":id", &site.to_string()).replace(":code", "referer_denied");
    // The first entry of the trail: that the site was made.
    let address = address.replace(":entry", "1").replace(":rule", "1");
    assert!(!address.contains(':'), "say in this file what {route} needs");
    address
}

fn listed(list: &[(&str, &str)], name: &str) -> bool {
    list.iter().any(|(listed, _)| *listed == name)
}

#[tokio::test]
async fn no_page_answers_somebody_who_is_not_signed_in() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let visitor = server.visitor();
    for route in source::pages() {
        let address = address(&route, site.id);
        let answer = visitor.get(&address).await;
        if listed(&OPEN_PAGES, &route) {
            assert_eq!(answer.status, 200, "{route}");
            continue;
        }
        assert!(matches!(answer.status, 302 | 303), "{route}: {}", answer.status);
        let expected = if route == "/" { "/login" } else { "/login?next=/" };
        assert!(answer.header("location").starts_with(expected), "{route}");
        assert_eq!(answer.body, "", "{route}");
    }
    for (route, _) in SIGNED_IN_ROUTES {
        assert_eq!(visitor.get(route).await.status, 303, "{route}");
    }
}

#[tokio::test]
async fn every_page_answers_an_operator() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    // These name what they are about in the query, without which there is nothing at their address; no alert rule was made, and there is no incident.
    let asking = [
        "/incidents/:id",
        "/settings/alerts/:rule",
        "/sites/bulk",
        "/sites/:id/domains/allow",
        "/sites/:id/domains/change",
        "/sites/:id/domains/remove",
        "/sites/:id/keys/grace",
        "/sites/:id/keys/label",
        "/sites/:id/keys/revoke",
        "/sites/:id/keys/rotation",
        "/sites/:id/keys/undo",
        "/sites/:id/state",
    ];
    for route in source::pages() {
        let answer = console.get(&address(&route, site.id)).await;
        let expected = if asking.contains(&route.as_str()) { 404 } else { 200 };
        assert_eq!(answer.status, expected, "{route}");
    }
}

#[tokio::test]
async fn no_server_function_answers_somebody_who_is_not_signed_in() {
    let server = Server::start().await;
    let raw = Raw::new(&server, None);
    let same_origin = [(ORIGIN, server.base.as_str())];
    for function in source::server_functions() {
        if listed(&OPEN_FUNCTIONS, &function.endpoint) {
            continue;
        }
        let path = format!("/api{}", function.endpoint);
        let as_script = raw.post(&path, &same_origin).await;
        assert_eq!(as_script, (StatusCode::UNAUTHORIZED, None), "{path}");
        let as_form = raw.post(&path, &[(ORIGIN, &server.base), (ACCEPT, "text/html")]).await;
        assert_eq!(as_form, (StatusCode::SEE_OTHER, Some("/login".to_owned())), "{path}");
    }
}

/// The layer in front of them turns strangers away, but a function must not lean on it.
#[test]
fn every_server_function_asks_who_is_signed_in() {
    for function in source::server_functions() {
        let asks = function.body.contains("operator().await?");
        let may_not = listed(&ASK_NOBODY, &function.endpoint);
        assert_eq!(
            asks, !may_not,
            "{}: call operator() first, or give a reason here",
            function.endpoint
        );
    }
}

#[tokio::test]
async fn no_server_function_answers_a_page_of_another_site() {
    let server = Server::start().await;
    server.console().await;
    let cookie = Console::cookie(EMAIL, PASSWORD, &server).await;
    let raw = Raw::new(&server, Some(&cookie));
    let fetch_site = HeaderName::from_static("sec-fetch-site");
    for function in source::server_functions() {
        let path = format!("/api{}", function.endpoint);
        let strangers: [&[(HeaderName, &str)]; 5] = [
            &[(fetch_site.clone(), "cross-site")],
            &[(fetch_site.clone(), "same-site")],
            &[(fetch_site.clone(), "cross-site"), (ORIGIN, &server.base)],
            &[(ORIGIN, "https://elsewhere.example")],
            &[],
        ];
        for stranger in strangers {
            let (status, _) = raw.post(&path, stranger).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {stranger:?}");
        }
        let (status, _) = raw.send(Method::GET, &path, &[(ORIGIN, &server.base)]).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "GET {path}");
    }
    // None of them was carried out: the session is alive, and there are no samples.
    let page = raw.client.get(server.url("/sites")).header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let server = Server::start().await;
    let site = server.create_site("Shop", "shop.example");
    let console = server.console().await;
    let machine = server.machine("check");
    let id = site.id.to_string();
    let pause = [("site", id.as_str()), ("version", "1"), ("change", "pause"), ("back", "/sites")];
    let _ = console.post_from_elsewhere("/api/sites/change_state", &pause).await.expect(403);
    assert_eq!(machine.check(&site.sitekey, "https://shop.example/").await["decision"], "allow");
    assert_eq!(console.post("/api/sites/change_state", &pause).await.status, 303);
    assert_eq!(machine.check(&site.sitekey, "https://shop.example/").await["code"], "site_paused");
}

#[tokio::test]
async fn every_other_route_is_open_for_a_reason() {
    let server = Server::start().await;
    let described: BTreeSet<String> =
        machine_calls(&server).await.into_iter().map(|call| call.route).collect();
    for route in source::server_routes() {
        let known = described.contains(&route)
            || listed(&OPEN_ROUTES, &route)
            || listed(&SIGNED_IN_ROUTES, &route);
        assert!(known, "{route}: describe it in the OpenAPI document, or give a reason here");
    }
    for (route, _) in OPEN_ROUTES {
        assert!(source::server_routes().contains(route), "{route} is no route any more");
    }
}

#[tokio::test]
async fn every_machine_call_wants_a_token_with_its_scope() {
    let server = Server::start().await;
    let scopes = ["check", "events:write", "stats:read", "sites:read", "sites:write"];
    let all_but = |scope: &str| {
        let others: Vec<&str> = scopes.into_iter().filter(|other| *other != scope).collect();
        server.machine(&others.join(","))
    };
    let without: Vec<(&str, Machine, Machine)> =
        scopes.into_iter().map(|scope| (scope, all_but(scope), server.machine(scope))).collect();
    let raw = Raw::new(&server, None);
    let calls = machine_calls(&server).await;
    assert!(calls.len() >= 14, "{} calls", calls.len());
    for Call { method, route, scope } in calls {
        let (_, lacking, having) = without
            .iter()
            .find(|(name, ..)| *name == scope)
            .unwrap_or_else(|| panic!("{route}: which scope?"));
        let path = route.replace("{id}", "999999").replace("{domain_id}", "999999");
        let with = async |token: &str| {
            let bearer = format!("Bearer {token}");
            raw.send(method.clone(), &path, &[(HeaderName::from_static("authorization"), &bearer)])
                .await
                .0
                .as_u16()
        };
        assert_eq!(raw.send(method.clone(), &path, &[]).await.0.as_u16(), 401, "{method} {route}");
        assert_eq!(with("no-token-of-ours").await, 401, "{method} {route}");
        let almost = format!("{}x", having.token);
        assert_eq!(with(&almost).await, 401, "{method} {route}");
        assert_eq!(with(&lacking.token).await, 403, "{method} {route} without {scope}");
        let status = with(&having.token).await;
        assert!(
            !matches!(status, 401 | 403 | 405 | 500..),
            "{method} {route} with {scope}: {status}"
        );
    }
}

#[tokio::test]
async fn scopes_are_those_of_the_contract() {
    let server = Server::start().await;
    let calls = machine_calls(&server).await;
    let scope_of = |method: Method, route: &str| {
        let call = calls.iter().find(|call| call.method == method && call.route == route);
        call.map_or("", |call| call.scope.as_str())
    };
    assert_eq!(scope_of(Method::POST, "/v1/check"), "check");
    assert_eq!(scope_of(Method::POST, "/v1/events"), "events:write");
    assert_eq!(scope_of(Method::GET, "/v1/stats"), "stats:read");
    for call in calls.iter().filter(|call| call.route.starts_with("/v1/sites")) {
        let expected = if call.method == Method::GET { "sites:read" } else { "sites:write" };
        assert_eq!(call.scope, expected, "{} {}", call.method, call.route);
    }
}

#[tokio::test]
async fn a_refused_token_is_answered_with_a_problem() {
    let server = Server::start().await;
    let machine = server.machine("check").with_token("nonsense");
    let answer = machine.post("/v1/check", &serde_json::json!({})).await.expect(401);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert_eq!(answer.json()["status"], 401);
    let answer =
        server.machine("stats:read").post("/v1/check", &serde_json::json!({})).await.expect(403);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(answer.json()["detail"].as_str().unwrap().contains("check"), "{}", answer.body);
}

#[tokio::test]
async fn a_revoked_token_is_refused() {
    let server = Server::start().await;
    let console = server.console().await;
    let machine = server.machine("check");
    machine.post("/v1/check", &serde_json::json!({})).await.expect(200).json();
    let page = console.get("/settings/tokens").await.expect(200).body;
    let (_, rest) = page.split_once("?revoke=").expect("the page leads to the question");
    let id = rest.split('"').next().unwrap_or_default();
    let question = console.get(&format!("/settings/tokens?revoke={id}")).await.expect(200).body;
    assert!(question.contains("Revoke test?"), "it names the token");
    machine.post("/v1/check", &serde_json::json!({})).await.expect(200).json();
    assert_eq!(console.post("/api/tokens/revoke", &[("id", id)]).await.status, 303);
    machine.post("/v1/check", &serde_json::json!({})).await.expect(401).json();
}

#[tokio::test]
async fn an_expired_token_is_refused_and_still_listed() {
    let database = Database::create().await;
    let server = Server::on(&database).await;
    let console = server.console().await;
    let make = |expires: &str| {
        server.run(&[
            "token",
            "create",
            "--name",
            "brief",
            "--scope",
            "check",
            "--expires",
            expires,
        ])
    };
    let token = make("90d").succeeded().stdout.trim().to_owned();
    let machine = server.machine("check").with_token(&token);
    let question = serde_json::json!({});
    let _ = machine.post("/v1/check", &question).await.expect(200);
    let expire = "update tokens set expires_at = now() where name = 'brief'";
    let other = make("12h").succeeded().stdout.trim().to_owned();
    sqlx::query(expire).execute(&database.pool().await).await.expect("the tokens expire");
    let _ = machine.with_token(&other).post("/v1/check", &question).await.expect(401);
    let page = console.get("/settings/tokens").await.expect(200).body;
    assert!(page.contains("Expired") && page.contains("brief"), "the page lists it");
    for wrong in ["0d", "soon", "90"] {
        let refused = make(wrong);
        assert!(!refused.status.success() && refused.stderr.contains("90d"), "{}", refused.stderr);
    }
    let fields = [("name", "web"), ("scopes[]", "check"), ("expires", "30d")];
    let _ = console.submit("/api/tokens/create", &fields).await.expect(200);
    let days: f64 = sqlx::query_scalar(
        "select (extract(epoch from expires_at - created_at) / 86400)::float8 from tokens where name = 'web'",
    )
    .fetch_one(&database.pool().await)
    .await
    .expect("the token is there");
    assert!((29.9..30.1).contains(&days), "{days}");
}

#[tokio::test]
async fn signing_in_is_throttled_by_account_and_address() {
    let server = Server::start().await;
    server.console().await;
    let visitor = server.visitor();
    let refused = async |email: &str, password: &str| {
        let fields = [("email", email), ("password", password), ("next", "/")];
        visitor.submit("/api/auth/sign_in", &fields).await.expect(200).body
    };
    let mut throttled = 0;
    for _ in 0..12 {
        throttled +=
            u32::from(refused(EMAIL, "wrong wrong wrong").await.contains("Too many attempts"));
    }
    assert!((1..=3).contains(&throttled), "{throttled} of 12 tries were throttled");
    assert!(
        refused(EMAIL, PASSWORD).await.contains("Too many attempts"),
        "the right password waits as well"
    );
    let unknown = refused("nobody@example.com", "wrong wrong wrong").await;
    assert!(!unknown.contains("Too many attempts"), "other accounts do not wait");
}

#[tokio::test]
async fn an_unknown_account_is_told_the_same_as_a_wrong_password() {
    let server = Server::start().await;
    server.console().await;
    let told = async |email: &str| {
        let fields = [("email", email), ("password", "wrong wrong wrong"), ("next", "/")];
        let page = server.visitor().submit("/api/auth/sign_in", &fields).await.expect(200).body;
        let (_, alert) = page.split_once("role=\"alert\"").expect("the page says why");
        alert.split_once("</div>").expect("the alert ends").0.to_owned()
    };
    assert_eq!(told(EMAIL).await, told("nobody@example.com").await);
}

#[tokio::test]
async fn the_session_cookie_is_for_this_origin_alone() {
    for (base_url, name) in
        [("http://127.0.0.1", "sitekeeper="), ("https://console.example", "__Host-sitekeeper=")]
    {
        let server = Server::with(&[("SITEKEEPER_BASE_URL", base_url)]).await;
        server.run_with_input(
            &["admin", "create", "--email", EMAIL, "--password-stdin"],
            PASSWORD.as_bytes(),
        );
        let fields = [("email", EMAIL), ("password", PASSWORD), ("next", "/")];
        let answer = server.visitor().post("/api/auth/sign_in", &fields).await;
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with(name), "{cookie}");
        let flags: BTreeSet<&str> = cookie.split("; ").skip(1).collect();
        assert!(
            flags.contains("HttpOnly")
                && flags.contains("SameSite=Lax")
                && flags.contains("Path=/"),
            "{cookie}"
        );
        assert_eq!(flags.contains("Secure"), base_url.starts_with("https"), "{cookie}");
        assert!(!cookie.contains("Domain="), "{cookie}");
        let strict = server.visitor().get("/login").await.expect(200);
        let has_hsts = !strict.header("strict-transport-security").is_empty();
        assert_eq!(has_hsts, base_url.starts_with("https"));
    }
}

#[tokio::test]
async fn signing_in_begins_a_new_session_and_signing_out_ends_it() {
    let server = Server::start().await;
    server.console().await;
    let visitor = server.visitor();
    let wrong = [("email", EMAIL), ("password", "wrong wrong wrong"), ("next", "/")];
    let before = visitor.post("/api/auth/sign_in", &wrong).await.header("set-cookie").to_owned();
    let right = [("email", EMAIL), ("password", PASSWORD), ("next", "/")];
    let after = visitor.post("/api/auth/sign_in", &right).await.header("set-cookie").to_owned();
    let value = |cookie: &str| cookie.split(';').next().unwrap_or_default().to_owned();
    let (before, after) = (value(&before), value(&after));
    assert!(!before.is_empty() && !after.is_empty());
    assert_ne!(before, after, "a session that was planted must not become an operator's");

    let status_with = async |cookie: &str| {
        let raw = Raw::new(&server, Some(cookie));
        raw.send(Method::GET, "/sites", &[]).await.0
    };
    assert_eq!(status_with(&before).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status_with(&after).await, StatusCode::OK);
    assert_eq!(visitor.post("/api/auth/sign_out", &[]).await.header("location"), "/login");
    assert_eq!(
        status_with(&after).await,
        StatusCode::UNAUTHORIZED,
        "the old cookie is worth nothing"
    );
    assert!(visitor.get("/sites").await.header("location").starts_with("/login"));
}

#[tokio::test]
async fn a_failed_try_keeps_the_way_back() {
    let server = Server::start().await;
    server.console().await;
    let fields =
        [("email", EMAIL), ("password", "wrong wrong wrong"), ("next", "/errors?range=7d")];
    let answer = server.visitor().post("/api/auth/sign_in", &fields).await;
    assert_eq!(answer.header("location"), "/login?next=/errors%3Frange%3D7d");
}

#[tokio::test]
async fn the_way_back_after_signing_in_stays_here() {
    let server = Server::start().await;
    server.console().await;
    for (next, expected) in [
        ("/errors?range=7d", "/errors?range=7d"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let fields = [("email", EMAIL), ("password", PASSWORD), ("next", next)];
        let answer = server.visitor().post("/api/auth/sign_in", &fields).await;
        assert_eq!(answer.header("location"), expected, "{next}");
    }
}

#[tokio::test]
async fn the_set_up_link_works_once() {
    let server = Server::start().await;
    let link = server.setup_link().expect("a new server prints a set-up link");
    let (_, token) = link.split_once("token=").expect("the link has a token");
    let visitor = server.visitor();
    let set_up = async |token: &str, email: &str| {
        let fields = [("token", token), ("email", email), ("password", PASSWORD)];
        server.visitor().post("/api/auth/set_up", &fields).await.header("location").to_owned()
    };
    assert!(
        set_up("0000", "eve@example.com").await.starts_with("/setup"),
        "a made-up token is refused"
    );
    let fields = [("token", token), ("email", EMAIL), ("password", "short")];
    assert!(
        visitor.post("/api/auth/set_up", &fields).await.header("location").starts_with("/setup")
    );
    assert_eq!(set_up(token, EMAIL).await, "/");
    assert!(set_up(token, "eve@example.com").await.starts_with("/setup"), "it works once");
    server.visitor().sign_in(EMAIL, PASSWORD).await;
}

#[tokio::test]
async fn every_page_carries_the_security_headers_and_a_nonce_of_its_own() {
    let server = Server::start().await;
    let console = server.console().await;
    let mut nonces = BTreeSet::new();
    let pages = ["/", "/", "/sites", "/errors", "/login", "/nowhere"];
    for path in pages {
        let answer = console.get(path).await;
        let policy = answer.header("content-security-policy");
        let (_, rest) = policy.split_once("'nonce-").unwrap_or_else(|| panic!("{path}: {policy}"));
        let nonce = rest.split('\'').next().unwrap_or_default();
        assert!(nonce.len() >= 16, "{path}: {nonce}");
        assert!(answer.body.contains(nonce), "{path}: the page does not use its nonce");
        nonces.insert(nonce.to_owned());
        for part in [
            "default-src 'none'",
            "'wasm-unsafe-eval'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: no {part} in {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
    assert_eq!(nonces.len(), pages.len(), "each response has its own nonce");
}

/// A call of the machine API, as the program describes it.
struct Call {
    method: Method,
    route: String,
    scope: String,
}

async fn machine_calls(server: &Server) -> Vec<Call> {
    let document = server.visitor().get("/v1/openapi.json").await.expect(200).json();
    let paths = document["paths"].as_object().expect("the document has paths");
    let calls = paths.iter().flat_map(|(route, methods)| {
        let methods = methods.as_object().expect("a path has methods");
        methods.iter().map(move |(method, described)| {
            let lacks = described["responses"]["403"]["description"].as_str().unwrap_or_default();
            Call {
                method: method.to_uppercase().parse().expect("a method"),
                route: route.clone(),
                scope: lacks.split('`').nth(1).unwrap_or_default().to_owned(),
            }
        })
    });
    calls.collect()
}

/// Requests with exactly the headers one names.
struct Raw {
    client: Client,
    base: String,
}

impl Raw {
    fn new(server: &Server, cookie: Option<&str>) -> Self {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = cookie {
            headers.insert(COOKIE, HeaderValue::from_str(cookie).expect("a cookie is ASCII"));
        }
        let client = Client::builder().redirect(Policy::none()).default_headers(headers).build();
        Self { client: client.expect("the client needs nothing"), base: server.base.clone() }
    }

    /// A form without fields.
    async fn post(
        &self,
        path: &str,
        headers: &[(HeaderName, &str)],
    ) -> (StatusCode, Option<String>) {
        self.send(Method::POST, path, headers).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
    ) -> (StatusCode, Option<String>) {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        if method == Method::POST {
            request = request.header("content-type", "application/x-www-form-urlencoded").body("");
        }
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = request.send().await.expect("sitekeeper answers");
        let location = response.headers().get("location");
        let location = location.map(|value| value.to_str().expect("an ASCII address").to_owned());
        (response.status(), location)
    }
}
