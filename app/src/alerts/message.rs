//! A message, in the words and forms of its receivers. Names in it may be an attacker's (a host is whatever a
//! browser sends): each form escapes them.

use super::destination::receivers;
use super::mail::Letter;
use super::model::{Class, Notice, Rule, Said};
use crate::context::hex;
use crate::sites::rules::unseen;
use crate::ui::time::utc;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

#[cfg(test)]
mod tests;

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 180;
/// The most characters of a text in a block: Slack refuses more than 3,000.
const LONGEST_BLOCK: usize = 2_800;
/// What Alertmanager says of an alert that has not ended.
const NOT_ENDED: &str = "0001-01-01T00:00:00Z";

/// What is told, by which rule, and where links lead.
pub struct Message<'a> {
    /// Whose receivers get it.
    pub rule: &'a Rule,
    /// What it says.
    pub said: Said,
    /// Whether its receivers were told of the incident before.
    pub known: bool,
    /// Of what.
    pub notice: &'a Notice,
    /// The address of the console, without a trailing slash.
    pub base_url: &'a str,
}

impl Message<'_> {
    /// What the *Test* button sends.
    pub fn test(rule: &Rule, now: jiff::Timestamp) -> Notice {
        Notice {
            incident: 0,
            kind: super::model::NoticeKind::Opened,
            code: None,
            class: "test".to_owned(),
            site: None,
            site_name: None,
            title: "This is a test".to_owned(),
            cause: format!(
                "Somebody pressed Test for the alert rule “{}”. Nothing is wrong.",
                rule.name
            ),
            extent: None,
            change: None,
            fix: None,
            path: super::api::rule_path(rule.id),
            started_at: now,
            ended_at: None,
        }
    }

    fn link(&self) -> String {
        format!("{}{}", self.base_url, self.notice.path)
    }

    /// The incident in a line: `Opened: referer_denied ×41 on shop.example`. Of one that came and went before
    /// anybody was told, both are said.
    pub fn headline(&self) -> String {
        let said = if self.unheard_of() { "Opened and resolved" } else { self.said.label() };
        one_line(&format!("{said}: {}", self.notice.title))
    }

    /// Whether the first that its receivers hear of the incident is that it is over.
    fn unheard_of(&self) -> bool {
        self.said == Said::Resolved && !self.known
    }

    /// The words of the link: what it does, or where it leads.
    fn call(&self) -> &str {
        match (&self.notice.fix, self.said) {
            (_, Said::Test) => "Open the alert rule",
            (Some(fix), Said::Opened | Said::Updated) => fix,
            _ => "Open the incident",
        }
    }

    /// From when on, and until when.
    fn when(&self) -> String {
        match self.notice.ended_at {
            Some(end) if self.unheard_of() => format!(
                "Opened {} and resolved {}, before this could be sent.",
                utc(self.notice.started_at),
                utc(end)
            ),
            Some(end) => format!("From {} to {}.", utc(self.notice.started_at), utc(end)),
            None => format!("Since {}.", utc(self.notice.started_at)),
        }
    }

    /// What drives it, what was changed, how much of it there is, and when, a sentence each.
    fn sentences(&self) -> Vec<String> {
        let Notice { cause, change, extent, .. } = self.notice;
        let mut sentences = vec![cause.clone()];
        sentences.extend(change.clone().filter(|change| change != cause));
        sentences.extend(extent.clone());
        sentences.push(self.when());
        sentences.retain(|sentence| !sentence.trim().is_empty());
        sentences
    }

    /// What tells the alert from others, in Alertmanager's form of 16 hexadecimal digits. It stays as it is
    /// while the incident's site is renamed and its class changes.
    fn fingerprint(&self) -> String {
        hex(&Sha256::digest(format!("{}/{}", self.base_url, self.notice.incident))[..8])
    }

    /// As Prometheus' Alertmanager tells webhooks, version 4 of its format: one alert in a group of its own.
    ///
    /// <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>
    pub fn alertmanager(&self) -> Value {
        let Notice { incident, code, class, site, site_name, started_at, ended_at, .. } =
            self.notice;
        let test = self.said == Said::Test;
        let status = if self.said == Said::Resolved { "resolved" } else { "firing" };
        let severity = class.parse::<Class>().map_or("info", Class::severity);
        let alert = match (test, code) {
            (true, _) => "SitekeeperTest",
            (false, Some(code)) => code,
            (false, None) => class,
        };
        let mut labels = Map::new();
        let mut label = |name: &str, value: String| labels.insert(name.to_owned(), value.into());
        label("alertname", alert.to_owned());
        label("class", class.clone());
        label("severity", severity.to_owned());
        if test {
            label("test", "true".to_owned());
        } else {
            label("incident", incident.to_string());
        }
        if let Some(site) = site {
            label("site_id", site.to_string());
        }
        if let Some(name) = site_name {
            label("site", name.clone());
        }
        let summary = if test { self.headline() } else { self.notice.title.clone() };
        let mut annotations = Map::new();
        let mut annotation =
            |name: &str, value: String| annotations.insert(name.to_owned(), value.into());
        annotation("summary", summary);
        annotation("description", self.sentences().join(" "));
        annotation("cause", self.notice.cause.clone());
        if let Some(change) = &self.notice.change {
            annotation("change", change.clone());
        }
        if let Some(fix) = &self.notice.fix {
            annotation("fix", fix.clone());
        }
        let group = if test {
            json!({ "alertname": alert })
        } else {
            json!({ "incident": incident.to_string() })
        };
        let key = format!("{{}}:{{incident=\"{incident}\"}}");
        json!({
            "version": "4",
            "groupKey": key,
            "truncatedAlerts": 0,
            "status": status,
            "receiver": self.rule.name,
            "groupLabels": group,
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": self.base_url,
            "alerts": [{
                "status": status,
                "labels": labels,
                "annotations": annotations,
                "startsAt": started_at.to_string(),
                "endsAt": ended_at.map_or_else(|| NOT_ENDED.to_owned(), |end| end.to_string()),
                "generatorURL": self.link(),
                "fingerprint": self.fingerprint(),
            }],
        })
    }

    /// As Slack's incoming webhooks take it: `text` for notifications and for what knows no blocks.
    ///
    /// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>
    pub fn slack(&self) -> Value {
        let headline = mrkdwn(&self.headline());
        let link = format!(
            "<{}|{}>",
            mrkdwn(&self.link()),
            mrkdwn(&shortened(&one_line(self.call()), LONGEST_SUBJECT))
        );
        let sentences: Vec<String> = self.sentences().iter().map(|text| mrkdwn(text)).collect();
        let body = shortened(&sentences.join("\n"), LONGEST_BLOCK);
        let section =
            |text: String| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } });
        json!({
            "text": format!("{headline}\n{body}\n{link}"),
            "blocks": [section(format!("*{}*", shortened(&headline, LONGEST_SUBJECT))), section(body), section(link)],
        })
    }

    /// As a mail to `stored`, a destination of e-mail.
    pub fn letter(&self, stored: &str) -> Letter {
        let (headline, link) = (self.headline(), self.link());
        let call = one_line(self.call());
        let sentences = self.sentences();
        let foot = format!("Sent by the alert rule “{}” of Sitekeeper.", one_line(&self.rule.name));
        let text =
            format!("{headline}\n\n{}\n\n{call}:\n{link}\n\n-- \n{foot}\n", sentences.join("\n"));
        let body = sentences.iter().map(|text| format!("<p>{}</p>\n", html(text)));
        let body = body.collect::<Vec<_>>().concat();
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><body style=\"font-family:system-ui,sans-serif;line-height:1.5\">\n\
             <h2 style=\"font-size:18px\">{}</h2>\n{body}<p><a href=\"{}\">{}</a></p>\n\
             <p style=\"color:#667085;font-size:13px\">{}</p>\n</body></html>\n",
            html(&headline),
            html(&link),
            html(&call),
            html(&foot),
        );
        Letter {
            to: receivers(stored),
            subject: shortened(&format!("[Sitekeeper] {headline}"), LONGEST_SUBJECT),
            thread: format!("incident-{}.rule-{}", self.notice.incident, self.rule.id.0),
            text,
            html,
        }
    }
}

/// Text without line breaks, control characters and what turns text around, each a space.
pub(super) fn one_line(text: &str) -> String {
    let seen = text.chars().map(|letter| if unseen(letter) { ' ' } else { letter });
    seen.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first `most` characters, with a sign that there was more.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Text that Slack takes for nothing else: no mention, no link.
fn mrkdwn(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('|', "¦")
}

/// Text that HTML takes for nothing else, in an attribute as well.
fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
