//! The messages of `opentelemetry/proto/{collector/logs,logs,common,resource}/v1`, as far as tests
//! write them: an encoder that knows nothing of our reader.

use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(message, repeated, tag = "1")]
    pub(crate) resource_logs: Vec<ResourceLogs>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ResourceLogs {
    #[prost(message, optional, tag = "1")]
    pub(crate) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) scope_logs: Vec<ScopeLogs>,
    #[prost(string, tag = "3")]
    pub(crate) schema_url: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Resource {
    #[prost(message, repeated, tag = "1")]
    pub(crate) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ScopeLogs {
    #[prost(message, repeated, tag = "2")]
    pub(crate) log_records: Vec<LogRecord>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct LogRecord {
    #[prost(fixed64, tag = "1")]
    pub(crate) time_unix_nano: u64,
    #[prost(int32, tag = "2")]
    pub(crate) severity_number: i32,
    #[prost(string, tag = "3")]
    pub(crate) severity_text: String,
    #[prost(message, optional, tag = "5")]
    pub(crate) body: Option<AnyValue>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) attributes: Vec<KeyValue>,
    #[prost(fixed32, tag = "8")]
    pub(crate) flags: u32,
    #[prost(bytes = "vec", tag = "9")]
    pub(crate) trace_id: Vec<u8>,
    #[prost(fixed64, tag = "11")]
    pub(crate) observed_time_unix_nano: u64,
    #[prost(string, tag = "12")]
    pub(crate) event_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AnyValue {
    #[prost(oneof = "Any", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub(crate) value: Option<Any>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Any {
    #[prost(string, tag = "1")]
    String(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(int64, tag = "3")]
    Int(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    Array(ArrayValue),
    #[prost(message, tag = "6")]
    Map(KeyValueList),
    #[prost(bytes = "vec", tag = "7")]
    Bytes(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ArrayValue {
    #[prost(message, repeated, tag = "1")]
    pub(crate) values: Vec<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeyValueList {
    #[prost(message, repeated, tag = "1")]
    pub(crate) values: Vec<KeyValue>,
}

impl From<Any> for AnyValue {
    fn from(value: Any) -> Self {
        Self { value: Some(value) }
    }
}

impl From<&str> for Any {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<i64> for Any {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// An attribute.
pub(crate) fn attribute(key: &str, value: impl Into<Any>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value.into().into()) }
}

/// A request of one resource and one scope.
pub(crate) fn request(resource: Vec<KeyValue>, log_records: Vec<LogRecord>) -> Request {
    Request {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource { attributes: resource }),
            scope_logs: vec![ScopeLogs { log_records }],
            schema_url: "https://opentelemetry.io/schemas/1.37.0".into(),
        }],
    }
}

impl Request {
    /// As OTLP writes it in JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        use serde_json::json;
        let resource_logs = self.resource_logs.iter().map(|logs| {
            let resource = logs.resource.iter().flat_map(|resource| &resource.attributes);
            let scopes = logs.scope_logs.iter().map(|scope| {
                let records = scope.log_records.iter().map(|record| {
                    json!({
                        "timeUnixNano": record.time_unix_nano.to_string(),
                        "observedTimeUnixNano": record.observed_time_unix_nano,
                        "severityNumber": record.severity_number,
                        "body": record.body.as_ref().map(any),
                        "attributes": pairs(record.attributes.iter()),
                        "traceId": "5b8efff798038103d269b633813fc60c",
                    })
                });
                json!({ "scope": { "name": "x" }, "logRecords": records.collect::<Vec<_>>() })
            });
            // The resource comes last here, which JSON allows.
            let scopes: Vec<_> = scopes.collect();
            format!(
                r#"{{"scopeLogs":{},"schemaUrl":"","resource":{{"attributes":{}}}}}"#,
                json!(scopes),
                pairs(resource)
            )
        });
        let parts: Vec<String> = resource_logs.collect();
        serde_json::from_str(&format!("{{\"resourceLogs\":[{}]}}", parts.join(","))).unwrap()
    }
}

fn pairs<'a>(pairs: impl Iterator<Item = &'a KeyValue>) -> serde_json::Value {
    pairs
        .map(|pair| serde_json::json!({ "key": pair.key, "value": pair.value.as_ref().map(any) }))
        .collect()
}

fn any(value: &AnyValue) -> serde_json::Value {
    use serde_json::json;
    match &value.value {
        None => json!({}),
        Some(Any::String(text)) => json!({ "stringValue": text }),
        Some(Any::Bool(value)) => json!({ "boolValue": value }),
        Some(Any::Int(number)) => json!({ "intValue": number.to_string() }),
        Some(Any::Double(number)) => json!({ "doubleValue": number }),
        Some(Any::Array(array)) => {
            json!({ "arrayValue": { "values": array.values.iter().map(any).collect::<Vec<_>>() } })
        }
        Some(Any::Map(map)) => json!({ "kvlistValue": { "values": pairs(map.values.iter()) } }),
        Some(Any::Bytes(_)) => json!({ "bytesValue": "AAE=" }),
    }
}
