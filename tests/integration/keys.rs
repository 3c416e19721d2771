//! Sitekeys and secrets: several of them, labelled, rotated without an outage, and found again.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sitekeeper_tests::{Console, CreatedSite, Machine, Server};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const SHOP: &str = "https://shop.example/";

/// A site in the hands of an operator and of programs.
struct Shop {
    server: Server,
    site: CreatedSite,
    console: Console,
    /// Reads and changes sites, asks the gate, and reports.
    machine: Machine,
}

impl Shop {
    async fn open() -> Self {
        let server = Server::start().await;
        let site = server.create_site("Shop", "shop.example");
        server.knows(&site).await;
        let console = server.console().await;
        let machine = server.machine("check,events:write,sites:read,sites:write");
        Self { server, site, console, machine }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/sites/{}{rest}", self.site.id)
    }

    async fn page(&self, rest: &str) -> String {
        self.console.get(&format!("/sites/{}{rest}", self.site.id)).await.expect(200).body
    }

    /// The keys of a kind (`sitekeys` or `secrets`), newest first.
    async fn keys(&self, kind: &str) -> Vec<Value> {
        let answer = self.machine.get(&self.path(&format!("/{kind}")), &[]).await.expect(200);
        answer.json()[kind].as_array().cloned().unwrap_or_default()
    }

    async fn rotate(&self, grace_days: i64) -> Value {
        let body = json!({ "grace_days": grace_days });
        self.machine.post(&self.path("/sitekeys/rotate"), &body).await.expect(201).json()
    }

    /// What the gate answers to `sitekey`: `allow`, or the code.
    async fn answer(&self, sitekey: &str) -> String {
        let answer = self.machine.check(sitekey, SHOP).await;
        answer["code"].as_str().unwrap_or("allow").to_owned()
    }

    async fn report(&self, sitekey: &str, count: u32) {
        self.report_before(sitekey, count, SignedDuration::ZERO).await;
    }

    /// The same, of so long ago.
    async fn report_before(&self, sitekey: &str, count: u32, ago: SignedDuration) {
        #[expect(clippy::disallowed_methods, reason = "the server's clock is this machine's")]
        let time = (Timestamp::now() - ago).to_string();
        let event = json!({
            "code": "ok", "sitekey": sitekey, "referer": SHOP, "source": "edge-1", "count": count,
            "time": time,
        });
        assert_eq!(self.machine.report(&event).await["accepted"], 1);
    }

    /// Sends a form about the site as its page does, and opens the page it leads to.
    async fn submit(&self, form: &str, fields: &[(&str, &str)]) -> String {
        let site = self.site.id.to_string();
        let read = self.machine.get(&self.path(""), &[]).await.expect(200).json();
        let (version, back) = (read["version"].to_string(), format!("/sites/{site}/keys"));
        let mut all = vec![("site", site.as_str()), ("version", &version), ("back", &back)];
        all.extend(fields);
        self.console.submit(form, &all).await.expect(200).body
    }

    /// Sends a form about one key.
    async fn change(&self, what: &str, kind: &str, key: &Value, more: &[(&str, &str)]) -> String {
        let key = key["id"].to_string();
        let mut fields = vec![("kind", kind), ("key", key.as_str())];
        fields.extend(more);
        self.submit(&format!("/api/keys/{what}"), &fields).await
    }

    /// Takes back what the last form did, by the button in its message.
    async fn undo(&self, page: &str) -> String {
        let flash = page.split("flash ok").nth(1).unwrap_or_default();
        let entry = between(flash, "name=\"entry\" value=\"", "\"");
        let back = format!("/sites/{}/keys", self.site.id);
        let fields = [("entry", entry), ("confirmed", "true"), ("back", &back)];
        self.console.submit("/api/audit/undo", &fields).await.expect(200).body
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split(end).next().unwrap_or_default()
}

fn text(key: &Value) -> String {
    key["sitekey"].as_str().expect("a sitekey").to_owned()
}

fn done(page: &str) {
    assert!(page.contains("flash ok"), "it was not done: {page}");
}

#[tokio::test]
async fn no_check_fails_while_sitekeys_are_rotated() {
    let shop = Shop::open().await;
    let first = shop.site.sitekey.clone();
    let latest = Arc::new(Mutex::new(first.clone()));
    let (stop, checks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let askers: Vec<_> = (0..8)
        .map(|at| {
            let (machine, latest, first) = (shop.machine.clone(), latest.clone(), first.clone());
            let (stop, checks) = (stop.clone(), checks.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let newest = latest.lock().expect("nobody panics with it").clone();
                    let sitekey = if at % 2 == 0 { &first } else { &newest };
                    let answer = machine.check(sitekey, SHOP).await;
                    assert_eq!(answer["decision"], "allow", "{sitekey}: {answer}");
                    checks.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for round in 0..5_u64 {
        let rotated = shop.rotate(7).await;
        *latest.lock().expect("nobody panics with it") = text(&rotated);
        while checks.load(Ordering::Relaxed) < (round + 1) * 200 {
            tokio::task::yield_now().await;
            assert!(askers.iter().all(|asker| !asker.is_finished()), "a check failed");
        }
    }
    stop.store(true, Ordering::Relaxed);
    for asker in askers {
        asker.await.expect("every check was let through");
    }
    // The chain of five old ones and the new one, each beside the one it took over from.
    let keys = shop.keys("sitekeys").await;
    assert_eq!(keys.len(), 6);
    for pair in keys.windows(2) {
        assert_eq!(pair[0]["replaces"], pair[1]["id"]);
        assert_eq!(pair[1]["state"], "retiring");
    }
    let body = json!({ "grace_days": 7 });
    let sixth = shop.machine.post(&shop.path("/sitekeys/rotate"), &body).await.expect(422).json();
    assert_eq!((&sixth["code"], &sixth["field"]), (&json!("rotations_many"), &json!("id")));
}

#[tokio::test]
async fn several_keys_are_live_each_with_a_label() {
    let shop = Shop::open().await;
    let fields = [("kind", "sitekey"), ("label", " Android app ")];
    done(&shop.submit("/api/keys/issue", &fields).await);
    let keys = shop.keys("sitekeys").await;
    assert_eq!(keys.len(), 2);
    assert_eq!(
        (&keys[0]["label"], &keys[0]["created_by"]),
        (&json!("Android app"), &json!("ada@example.com"))
    );
    assert_eq!((&keys[1]["label"], &keys[1]["created_by"]), (&json!(""), &json!("cli")));
    for key in &keys {
        assert_eq!(shop.answer(&text(key)).await, "allow");
    }

    let page = shop.change("label", "sitekey", &keys[0], &[("label", "iOS app")]).await;
    done(&page);
    assert_eq!(shop.keys("sitekeys").await[0]["label"], "iOS app");
    done(&shop.undo(&page).await);
    assert_eq!(shop.keys("sitekeys").await[0]["label"], "Android app");

    let long = "x".repeat(61);
    let page = shop.change("label", "sitekey", &keys[0], &[("label", &long)]).await;
    assert!(page.contains("Use at most 60 characters") && page.contains(&long), "{page}");
    let path = shop.path(&format!("/sitekeys/{}", keys[1]["id"]));
    let answer = shop.machine.patch(&path, &json!({ "label": "Pages" })).await.expect(200);
    assert_eq!(answer.json()["label"], "Pages");
    assert!(!answer.header("etag").is_empty());
    shop.machine.patch(&path, &json!({ "label": long })).await.expect(422).json();
    let elsewhere = shop.path("/sitekeys/987654321");
    shop.machine.patch(&elsewhere, &json!({ "label": "" })).await.expect(404).json();
    let trail = shop.console.get("/audit").await.expect(200).body;
    assert!(trail.contains("sitekey.labelled") && trail.contains("iOS app"));

    let page = shop.submit("/api/keys/issue", &[("kind", "secret"), ("label", "Worker")]).await;
    let secret = between(&page, "<code>secret_", "</code>").to_owned();
    assert!(secret.len() >= 40, "{secret}");
    assert!(!shop.page("/keys").await.contains(&secret), "it is shown once");
    let secrets = shop.keys("secrets").await;
    assert_eq!((secrets.len(), &secrets[0]["label"]), (2, &json!("Worker")));
    let path = shop.path(&format!("/secrets/{}", secrets[0]["id"]));
    let answer = shop.machine.patch(&path, &json!({ "label": "" })).await.expect(200).json();
    assert_eq!((&answer["label"], &answer["last_four"]), (&json!(""), &secrets[0]["last_four"]));
}

#[tokio::test]
async fn a_grace_is_cut_extended_and_given_back() {
    let shop = Shop::open().await;
    shop.rotate(1).await;
    let old = shop.keys("sitekeys").await.remove(1);
    let ends = old["retires_at"].clone();

    let page = shop.change("grace", "sitekey", &old, &[("grace_days", "0")]).await;
    done(&page);
    assert_eq!(shop.answer(&text(&old)).await, "sitekey_invalid");
    done(&shop.undo(&page).await);
    assert_eq!(shop.answer(&text(&old)).await, "allow");
    assert_eq!(shop.keys("sitekeys").await[1]["retires_at"], ends);

    done(&shop.change("grace", "sitekey", &old, &[("grace_days", "30")]).await);
    assert!(shop.keys("sitekeys").await[1]["retires_at"].as_str() > ends.as_str());
    let page = shop.change("grace", "sitekey", &old, &[("grace_days", "31")]).await;
    assert!(page.contains("Choose a grace between 0 and 30 days."), "{page}");
    assert!(page.contains("value=\"31\""), "what was typed is kept");

    done(&shop.change("revoke", "sitekey", &old, &[]).await);
    let page = shop.change("grace", "sitekey", &old, &[("grace_days", "7")]).await;
    assert!(page.contains("is revoked, and that is for good"), "{page}");
    let revoked = shop.keys("sitekeys").await.remove(1);
    assert_eq!(revoked["state"], "revoked");
    assert!(revoked["revoked_at"].is_string());
}

#[tokio::test]
async fn a_rotation_is_taken_back_within_its_grace() {
    let shop = Shop::open().await;
    let first = shop.keys("sitekeys").await.remove(0);
    let page = shop.change("rotate", "sitekey", &first, &[("grace_days", "7")]).await;
    done(&page);
    assert!(page.contains("Rotation of the sitekey"), "it leads to the rotation");
    done(&shop.undo(&page).await);
    let keys = shop.keys("sitekeys").await;
    assert_eq!((&keys[0]["state"], &keys[1]["state"]), (&json!("revoked"), &json!("active")));
    assert_eq!(shop.answer(&shop.site.sitekey).await, "allow");
    assert_eq!(shop.answer(&text(&keys[0])).await, "sitekey_invalid");

    // Once something came with the new one, it takes a look at the numbers.
    let page = shop.change("rotate", "sitekey", &first, &[("grace_days", "7")]).await;
    let new = shop.keys("sitekeys").await.remove(0);
    shop.report(&text(&new), 5).await;
    let refused = shop.undo(&page).await;
    assert!(refused.contains("came with the new sitekey already"), "{refused}");
    assert_eq!(shop.answer(&text(&new)).await, "allow");
    let asked = shop.page(&format!("/keys/undo?sitekey={}", new["id"])).await;
    assert!(asked.contains("5\u{a0}requests"), "{asked}");
    done(&shop.change("take_back", "sitekey", &new, &[]).await);
    assert_eq!(shop.answer(&text(&new)).await, "sitekey_invalid");
    assert_eq!(shop.answer(&shop.site.sitekey).await, "allow");
    let trail = shop.console.get("/audit").await.expect(200).body;
    assert!(trail.contains("sitekey.rotation_undone") && trail.contains("Undone by "));
}

#[tokio::test]
async fn a_chain_of_rotations_is_taken_back_from_its_end() {
    let shop = Shop::open().await;
    let (second, third) = (shop.rotate(3).await, shop.rotate(3).await);
    let page = shop.change("take_back", "sitekey", &second, &[]).await;
    assert!(page.contains("was itself replaced or revoked"), "{page}");
    done(&shop.change("take_back", "sitekey", &third, &[]).await);
    for sitekey in [&shop.site.sitekey, &text(&second)] {
        assert_eq!(shop.answer(sitekey).await, "allow");
    }
    done(&shop.change("take_back", "sitekey", &second, &[]).await);
    assert_eq!(shop.answer(&shop.site.sitekey).await, "allow");
    assert_eq!(shop.answer(&text(&second)).await, "sitekey_invalid");
    assert_eq!(shop.answer(&text(&third)).await, "sitekey_invalid");
}

#[tokio::test]
async fn the_rotation_shows_how_the_traffic_moves() {
    let shop = Shop::open().await;
    let new = shop.rotate(7).await;
    let page = async || shop.page(&format!("/keys/rotation?sitekey={}", new["id"])).await;
    assert!(page().await.contains("Nothing came with either key for 24 hours"));
    shop.report(&text(&new), 30).await;
    assert!(page().await.contains("safe to revoke"));
    // Of each minute, one success is kept as a sample.
    shop.report_before(&shop.site.sitekey, 10, SignedDuration::from_mins(2)).await;
    let shown = page().await;
    assert!(shown.contains("still in use") && shown.contains("75\u{a0}%"), "{shown}");
    assert!(shown.contains("edge-1") && shown.contains("shop.example"), "{shown}");

    let old = shop.keys("sitekeys").await.remove(1);
    assert!(old["last_used_at"].is_string());
    let asked = shop.page(&format!("/keys/revoke?sitekey={}", old["id"])).await;
    assert!(asked.contains("10 requests a day"), "a site of one day is not averaged over seven");
    assert!(asked.contains("From samples") && asked.contains("This cannot be undone."), "{asked}");
    done(&shop.change("revoke", "sitekey", &old, &[]).await);
    assert!(page().await.contains("The old key is refused, and still sent"));
    // What is refused belongs to no site, and is still a request with the key.
    let refused = json!({
        "code": "sitekey_invalid", "sitekey": text(&old), "referer": SHOP, "source": "edge-1", "count": 5,
    });
    assert_eq!(shop.machine.report(&refused).await["accepted"], 1);
    assert!(page().await.contains("15\u{a0}requests came with it in the last 24 hours"));
    let listed = shop.page("/keys").await;
    assert!(listed.contains("Rotation") && listed.contains("Refused, and still sent"), "{listed}");
    assert!(listed.contains("<span>15<"), "{listed}");
    let other = shop.server.create_site("Other", "other.example");
    let elsewhere = format!("/sites/{}/keys/rotation?sitekey={}", other.id, new["id"]);
    let _ = shop.console.get(&elsewhere).await.expect(404);
}

#[tokio::test]
async fn the_last_hour_and_the_last_day_of_a_key_end_now_and_not_with_the_clock_hour() {
    let shop = Shop::open().await;
    let new = shop.rotate(7).await;
    let minutes = SignedDuration::from_mins;
    for (count, ago) in [(7, 58), (30, 63), (100, 24 * 60 - 3), (1_000, 24 * 60 + 3)] {
        shop.report_before(&shop.site.sitekey, count, minutes(ago)).await;
    }
    let shown = shop.page(&format!("/keys/rotation?sitekey={}", new["id"])).await;
    let hour = between(&shown, "Old key, 60 min", "</div>");
    assert!(hour.contains("<dd>7<"), "{hour}");
    let day = between(&shown, "Old key, 24 h", "</div>");
    assert!(day.contains("<dd>137<"), "{day}");
    let listed = shop.page("/keys").await;
    // The key is younger than an hour, so its day is the average of one.
    assert!(listed.contains("<span>137<"), "{listed}");
    assert!(!listed.contains("1,137</span>"), "the hour before these 24 is not counted: {listed}");
}

#[tokio::test]
async fn the_rotation_of_a_secret_says_what_is_not_known() {
    let shop = Shop::open().await;
    let body = json!({ "sitekey": shop.site.sitekey, "secret": shop.site.secret });
    let checked = shop.machine.post("/v1/keypair/check", &body).await.expect(200).json();
    assert_eq!(checked["match"], true);
    let old = shop.keys("secrets").await.remove(0);
    assert!(old["last_used_at"].is_string(), "{old}");

    let page = shop.change("rotate", "secret", &old, &[("grace_days", "2")]).await;
    done(&page);
    let revealed = between(&page, "class=\"reveal\"", "</section>");
    let secret = between(revealed, "<code>secret_", "<").to_owned();
    assert!(page.contains("Rotation of the secret") && page.contains("/v1/keypair/check"));
    let new = shop.keys("secrets").await.remove(0);
    assert_eq!(new["replaces"], old["id"]);
    assert!(secret.ends_with(new["last_four"].as_str().expect("its end")), "{secret} {new}");
    done(&shop.change("take_back", "secret", &new, &[]).await);
    let states: Vec<_> =
        shop.keys("secrets").await.iter().map(|key| key["state"].clone()).collect();
    assert_eq!(states, ["revoked", "active"]);
    let page = shop.change("revoke", "secret", &old, &[]).await;
    assert!(page.contains("last active secret"), "{page}");
}

#[tokio::test]
async fn a_sitekey_is_found_even_with_a_typo_in_it() {
    let shop = Shop::open().await;
    let key = shop.site.sitekey.clone();
    let page = async |asked: &str| {
        let query = asked.replace('"', "%22").replace(' ', "%20").replace('=', "%3D");
        shop.console.get(&format!("/keys?q={query}")).await.expect(200).body
    };
    for asked in [key.clone(), format!(" data-sitekey=\"{key}\"")] {
        let found = page(&asked).await;
        assert!(found.contains("A sitekey of Shop") && found.contains("Active"), "{found}");
    }
    let mut swapped = key.clone().into_bytes();
    let at = (6..30).find(|at| swapped[*at] != swapped[at + 1]).expect("not all are the same");
    swapped.swap(at, at + 1);
    let swapped = String::from_utf8(swapped).expect("ASCII");
    let wrong =
        format!("{}{}{}", &key[..9], if &key[9..10] == "x" { "y" } else { "x" }, &key[10..]);
    for (typo, told) in [
        (swapped.as_str(), "are swapped"),
        (wrong.as_str(), "character 10 is wrong"),
        (&key[..30], "a character is missing"),
        (&format!("{key}x"), "is one too many"),
    ] {
        let found = page(typo).await;
        assert!(found.contains(told) && found.contains(&key), "{typo}: {found}");
    }
    let foreign = Server::start().await.create_site("Elsewhere", "elsewhere.example").sitekey;
    assert!(page(&foreign).await.contains("Never issued here"));
    assert!(page("6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI").await.contains("reCAPTCHA"));
    assert!(page("undefined").await.contains("Not a sitekey"));
}

#[tokio::test]
async fn the_page_that_finds_secrets_never_sends_one() {
    let shop = Shop::open().await;
    let page = shop.console.get("/keys").await.expect(200).body;
    let (before, after) = page.split_once("id=\"secret\"").expect("a field for a secret");
    let start = before.rsplit("<input").next().unwrap_or_default();
    let end = after.split('>').next().unwrap_or_default();
    assert!(!start.contains("name=") && !end.contains("name="), "it has no name");
    assert!(start.contains("disabled") || end.contains("disabled"), "script enables it");
    // Somebody does so all the same: it is neither looked up nor shown again, in the page or in the log.
    let told = shop.console.get(&format!("/keys?q={}", shop.site.secret)).await.expect(200).body;
    assert!(told.contains("That was a secret"), "{told}");
    assert!(!told.contains(&shop.site.secret), "it is not repeated");
    assert!(!shop.server.log().contains(&shop.site.secret), "it is not logged");
}

#[tokio::test]
async fn of_two_rotations_at_once_the_slower_learns_of_the_other() {
    let shop = Shop::open().await;
    let body = json!({ "grace_days": 0 });
    let path = shop.path("/sitekeys/rotate");
    for _ in 0..5 {
        let rotate = || shop.machine.post(&path, &body);
        let (one, other) = tokio::join!(rotate(), rotate());
        for answer in [&one, &other] {
            assert!(matches!(answer.status, 201 | 409), "{}: {}", answer.status, answer.body);
        }
        assert!(one.status == 201 || other.status == 201, "one of them is done");
    }
}
