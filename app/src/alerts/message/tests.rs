use super::*;
use crate::alerts::model::{Kind, NoticeKind, RuleId, Sites};
use crate::sites::model::SiteId;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::constant(1_781_526_896, 0);

fn rule() -> Rule {
    Rule {
        id: RuleId(3),
        name: "On call".to_owned(),
        kind: Kind::Webhook,
        shown: String::new(),
        sites: Sites::All,
        site_name: None,
        classes: Class::ALL.to_vec(),
        quiet: None,
        enabled: true,
        created_at: NOW,
    }
}

fn notice() -> Notice {
    Notice {
        incident: 12,
        kind: NoticeKind::Opened,
        code: Some("referer_denied".to_owned()),
        class: "fixable".to_owned(),
        site: Some(SiteId(7)),
        site_name: Some("shop.example".to_owned()),
        title: "referer_denied ×41 on shop.example".to_owned(),
        cause: "97 % of the excess is www.shop.example (2 % before).".to_owned(),
        extent: Some("812 events, where none is usual.".to_owned()),
        change: Some("At 14:01 the entry www.shop.example was removed (audit #8123).".to_owned()),
        fix: Some("Put www.shop.example back".to_owned()),
        path: "/incidents/12".to_owned(),
        started_at: NOW,
        ended_at: None,
    }
}

fn message<'a>(rule: &'a Rule, said: Said, notice: &'a Notice) -> Message<'a> {
    Message { rule, said, known: true, notice, base_url: "https://console.example" }
}

#[test]
fn a_webhook_reads_as_alertmanager_writes() {
    let (rule, notice) = (rule(), notice());
    let fired = message(&rule, Said::Opened, &notice).alertmanager();
    let labels = json!({
        "alertname": "referer_denied", "class": "fixable", "severity": "critical",
        "incident": "12", "site_id": "7", "site": "shop.example",
    });
    let annotations = json!({
        "summary": "referer_denied ×41 on shop.example",
        "description": "97 % of the excess is www.shop.example (2 % before). \
            At 14:01 the entry www.shop.example was removed (audit #8123). \
            812 events, where none is usual. Since 2026-06-15 12:34:56 UTC.",
        "cause": "97 % of the excess is www.shop.example (2 % before).",
        "change": "At 14:01 the entry www.shop.example was removed (audit #8123).",
        "fix": "Put www.shop.example back",
    });
    let mark = fired["alerts"][0]["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(mark.len(), 16);
    assert_eq!(
        fired,
        json!({
            "version": "4",
            "groupKey": "{}:{incident=\"12\"}",
            "truncatedAlerts": 0,
            "status": "firing",
            "receiver": "On call",
            "groupLabels": { "incident": "12" },
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": "https://console.example",
            "alerts": [{
                "status": "firing",
                "labels": labels,
                "annotations": annotations,
                "startsAt": "2026-06-15T12:34:56Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "https://console.example/incidents/12",
                "fingerprint": mark,
            }],
        })
    );
    let ended = Notice {
        kind: NoticeKind::Resolved,
        ended_at: Some(NOW + SignedDuration::from_mins(29)),
        title: "referer_denied ×80 on shop.example".to_owned(),
        ..notice
    };
    let resolved = message(&rule, Said::Resolved, &ended).alertmanager();
    assert_eq!(resolved["status"], "resolved");
    assert_eq!(resolved["alerts"][0]["endsAt"], "2026-06-15T13:03:56Z");
    assert_eq!(resolved["alerts"][0]["fingerprint"], mark.as_str(), "it ends the same alert");
}

#[test]
fn what_came_and_went_unheard_of_is_told_once_and_says_both() {
    let (rule, opened) = (rule(), notice());
    let ended = Notice {
        kind: NoticeKind::Resolved,
        ended_at: Some(NOW + SignedDuration::from_mins(29)),
        ..opened
    };
    let told = Message { known: false, ..message(&rule, Said::Resolved, &ended) };
    assert_eq!(told.headline(), "Opened and resolved: referer_denied ×41 on shop.example");
    let description = told.alertmanager()["commonAnnotations"]["description"].to_string();
    let both = "Opened 2026-06-15 12:34:56 UTC and resolved 2026-06-15 13:03:56 UTC";
    assert!(description.contains(both), "{description}");
    let known = message(&rule, Said::Resolved, &ended);
    assert_eq!(known.headline(), "Resolved: referer_denied ×41 on shop.example");
}

#[test]
fn a_change_that_is_the_cause_is_said_once() {
    let rule = rule();
    let paused = "Paused site Shop at 2026-06-15 12:34:00 UTC by ada@x.example (audit #3).";
    let notice = Notice { cause: paused.to_owned(), change: Some(paused.to_owned()), ..notice() };
    let text = message(&rule, Said::Opened, &notice).letter("a@x.example").text;
    assert_eq!(text.matches("Paused site Shop").count(), 1, "{text}");
}

#[test]
fn a_test_is_marked_as_one_in_every_form() {
    let rule = rule();
    let notice = Message::test(&rule, NOW);
    let test = message(&rule, Said::Test, &notice);
    let webhook = test.alertmanager();
    assert_eq!(webhook["commonLabels"]["test"], "true");
    assert_eq!(webhook["commonLabels"]["alertname"], "SitekeeperTest");
    assert_eq!(webhook["commonAnnotations"]["summary"], "Test: This is a test");
    assert!(test.slack()["text"].as_str().unwrap().starts_with("Test: This is a test"));
    assert_eq!(test.letter("a@x.example").subject, "[Sitekeeper] Test: This is a test");
}

#[test]
fn slack_reads_no_mention_and_no_link_in_a_name() {
    let rule = rule();
    let hostile = Notice {
        title: "<!channel> & <https://evil.example|shop.example>".to_owned(),
        cause: "<@U1>".to_owned(),
        fix: Some("a|b>c".to_owned()),
        ..notice()
    };
    let slack = message(&rule, Said::Opened, &hostile).slack();
    let text = slack["text"].as_str().unwrap();
    assert!(
        text.contains("&lt;!channel&gt; &amp; &lt;https://evil.example¦shop.example&gt;"),
        "{text}"
    );
    assert!(text.ends_with("<https://console.example/incidents/12|a¦b&gt;c>"), "{text}");
    assert_eq!(text.matches('<').count(), 1);
    assert_eq!(slack["blocks"][0]["type"], "section");
    assert_eq!(slack["blocks"][2]["text"]["type"], "mrkdwn");
}

#[test]
fn a_mail_is_plain_in_both_its_forms() {
    let rule = Rule { name: "<b>On call</b>".to_owned(), ..rule() };
    let hostile = Notice {
        title: "x\r\nBcc: b@x.example".to_owned(),
        cause: "<script>alert(1)</script>".to_owned(),
        fix: Some("\"><img src=x>".to_owned()),
        ..notice()
    };
    let letter = message(&rule, Said::Updated, &hostile).letter("a@x.example, b@x.example");
    assert_eq!(letter.to.len(), 2);
    assert_eq!(letter.subject, "[Sitekeeper] Updated: x Bcc: b@x.example");
    assert_eq!(letter.thread, "incident-12.rule-3");
    for harmful in ["<script", "<img", "<b>"] {
        assert!(!letter.html.contains(harmful), "{}", letter.html);
    }
    assert!(letter.text.contains("https://console.example/incidents/12\n"), "{}", letter.text);
}

proptest! {
    #[test]
    fn no_name_leaves_its_place(name in any::<String>()) {
        let rule = Rule { name: name.clone(), ..rule() };
        let hostile = Notice {
            title: name.clone(), cause: name.clone(), change: Some(name.clone()), fix: Some(name), ..notice()
        };
        let message = message(&rule, Said::Opened, &hostile);
        let slack = message.slack();
        prop_assert_eq!(slack["text"].as_str().unwrap().matches('<').count(), 1);
        for block in slack["blocks"].as_array().unwrap() {
            prop_assert!(block["text"]["text"].as_str().unwrap().chars().count() <= 3_000);
        }
        let letter = message.letter("a@x.example");
        prop_assert!(!letter.subject.chars().any(char::is_control));
        prop_assert!(letter.subject.chars().count() <= LONGEST_SUBJECT + 1);
        prop_assert_eq!(letter.html.matches("<p").count(), letter.html.matches("</p>").count());
        prop_assert_eq!(letter.html.matches("<a ").count(), 1);
    }
}
