//! An operator's browser without JavaScript: cookies, pages and forms.

use crate::{Answer, Server};
use reqwest::header::{ACCEPT, ORIGIN, REFERER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};

/// A browser with a cookie jar. Follows no redirect by itself.
#[derive(Clone, Debug)]
pub struct Console {
    client: Client,
    base: String,
}

impl Console {
    pub(crate) fn new(server: &Server) -> Self {
        let client = Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .build()
            .expect("the client needs nothing");
        Self { client, base: server.base.clone() }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.client.get(format!("{}{path}", self.base)).header(ACCEPT, "text/html")).await
    }

    /// Sends a form as the console's own page does.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        send(
            self.client
                .post(format!("{}{path}", self.base))
                .header(ACCEPT, "text/html")
                .header(ORIGIN, &self.base)
                .header(REFERER, format!("{}/", self.base))
                .form(fields),
        )
        .await
    }

    /// Sends a form as a page of another site would.
    pub async fn post_from_elsewhere(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        send(
            self.client
                .post(format!("{}{path}", self.base))
                .header(ACCEPT, "text/html")
                .header(ORIGIN, "https://elsewhere.example")
                .header("sec-fetch-site", "cross-site")
                .form(fields),
        )
        .await
    }

    /// Sends a form, which must be answered with a redirect, and opens the page it leads to.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, fields).await;
        assert!(matches!(answer.status, 302 | 303), "{}: {}", answer.status, answer.body);
        let location = answer.header("location").to_owned();
        self.get(location.strip_prefix(&self.base).unwrap_or(&location)).await
    }

    /// Signs in; the test fails if that is refused.
    pub async fn sign_in(&self, email: &str, password: &str) {
        let fields = [("email", email), ("password", password), ("next", "/")];
        let answer = self.post("/api/auth/sign_in", &fields).await;
        assert_eq!(answer.header("location"), "/", "{}: {}", answer.status, answer.body);
    }

    /// The `Cookie` header of the session, for clients that keep no jar.
    pub async fn cookie(email: &str, password: &str, server: &Server) -> String {
        let fields = [("email", email), ("password", password), ("next", "/")];
        let answer = Self::new(server).post("/api/auth/sign_in", &fields).await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        assert!(!cookie.is_empty(), "signing in set no cookie: {}", answer.body);
        cookie
    }
}

async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.expect("sitekeeper answers")).await
}
