//! What a refused command says, and how the service wraps it.

use serde_json::{Value, json};

use super::answer::Answer;

/// A refusal of a command.
#[derive(Debug, Clone)]
pub struct Failure {
    pub status: u16,
    /// The .NET type of the exception.
    pub exception: String,
    /// The .NET type of the object that it concerns; may be empty.
    pub target_type: &'static str,
    pub message: String,
    /// PowerShell's category of the error.
    pub category: &'static str,
}

impl Failure {
    pub fn new(status: u16, exception: &str, category: &'static str, message: String) -> Self {
        Self { status, exception: exception.to_owned(), target_type: "", message, category }
    }

    /// A parameter or its value is wrong.
    pub fn parameter(message: String) -> Self {
        let exception = "System.Management.Automation.ParameterBindingException";
        Self::new(400, exception, "InvalidArgument", message)
    }

    /// The value of a parameter breaks a rule of the directory.
    pub fn validation(message: String) -> Self {
        Self::new(400, "Microsoft.Exchange.Data.DataValidationException", "InvalidData", message)
    }

    /// The request is none that the gateway understands.
    pub fn request(status: u16, message: impl Into<String>) -> Self {
        Self::new(
            status,
            "Microsoft.Exchange.AdminApi.BadRequestException",
            "InvalidArgument",
            message.into(),
        )
    }

    pub fn about(mut self, target_type: &'static str) -> Self {
        self.target_type = target_type;
        self
    }

    /// docs/design/exchange-online.md §1.6, "Error text": `error.message` is always "Invalid Operation"; the text
    /// is in `innererror.internalexception.message` and, after `|Type|` or `Ex6F9304|Type|`, in `details[0].message`.
    fn body(&self) -> Value {
        let prefix = if self.status == 404 { "Ex6F9304" } else { "" };
        json!({ "error": {
            "code": if self.status == 404 { "NotFound" } else { "BadRequest" },
            "message": "Invalid Operation",
            "details": [{
                "code": "Context",
                "target": "",
                "message": format!("{prefix}|{}|{}", self.exception, self.message),
            }],
            "innererror": {
                "message": "Invalid Operation",
                "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                "stacktrace": "",
                "internalexception": { "message": self.message, "type": self.exception, "stacktrace": "" },
            },
        }})
    }

    /// docs/design/exchange-online.md §1.6, "Error headers".
    pub fn into_answer(self) -> Answer {
        Answer::json(self.status, &self.body())
            .header("x-ExceptionType", self.exception.clone())
            .header("x-ExceptionTargetType", self.target_type)
    }
}
