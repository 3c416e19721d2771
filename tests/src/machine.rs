//! A program that calls `/v1` with a token.

use crate::{Answer, Server};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

/// A client of the machine API.
#[derive(Clone, Debug)]
pub struct Machine {
    client: Client,
    base: String,
    /// Its bearer token.
    pub token: String,
}

impl Machine {
    pub(crate) fn new(server: &Server, token: &str) -> Self {
        Self { client: Client::new(), base: server.base.clone(), token: token.to_owned() }
    }

    /// Where its server is, as in `http://127.0.0.1:40123`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The same with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// `GET` with query parameters.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.base)).query(query)).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.client.post(format!("{}{path}", self.base)).json(body)).await
    }

    /// `PATCH` of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.client.patch(format!("{}{path}", self.base)).json(body)).await
    }

    /// `POST` of bytes.
    pub async fn post_bytes(&self, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        let request = self.client.post(format!("{}{path}", self.base)).body(body);
        self.send(request.header("content-type", content_type)).await
    }

    /// `POST` of bytes with these headers, as in `("content-encoding", "gzip")`.
    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = self.client.post(format!("{}{path}", self.base)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    /// What `/v1/check` answers.
    pub async fn check(&self, sitekey: &str, referer: &str) -> Value {
        let body = json!({ "sitekey": sitekey, "referer": referer });
        self.post("/v1/check", &body).await.expect(200).json()
    }

    /// What `/v1/events` answers to one event or an array of them.
    pub async fn report(&self, events: &Value) -> Value {
        self.post("/v1/events", events).await.expect(200).json()
    }

    /// The same, or nothing when the server was killed before it had answered.
    pub async fn try_report(&self, events: &Value) -> Option<Value> {
        let request = self.client.post(format!("{}/v1/events", self.base)).json(events);
        let response = request.bearer_auth(&self.token).send().await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        response.json().await.ok()
    }

    /// The same token at another server of the same database.
    #[must_use]
    pub fn of(&self, server: &Server) -> Self {
        Self { base: server.base.clone(), ..self.clone() }
    }

    /// The rows of `/v1/stats`.
    pub async fn stats(&self, query: &[(&str, &str)]) -> Vec<Value> {
        let answer = self.get("/v1/stats", query).await.expect(200).json();
        answer["rows"].as_array().cloned().expect("stats have rows")
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.bearer_auth(&self.token).send().await.expect("sitekeeper answers");
        Answer::read(response).await
    }
}
