"""Names of programming languages."""

from typing import Final

PROGRAMMING: Final = {
    "py": "Python", "python": "Python", "python3": "Python", "js": "JavaScript",
    "javascript": "JavaScript", "jsx": "JavaScript", "ts": "TypeScript", "tsx": "TypeScript",
    "typescript": "TypeScript", "sh": "shell", "bash": "shell", "zsh": "shell", "shell": "shell",
    "console": "shell", "powershell": "PowerShell", "json": "JSON", "yaml": "YAML", "yml": "YAML",
    "toml": "TOML", "xml": "XML", "html": "HTML", "css": "CSS", "scss": "CSS", "sql": "SQL",
    "c": "C", "cpp": "C plus plus", "c++": "C plus plus", "cs": "C sharp", "csharp": "C sharp",
    "c#": "C sharp", "f#": "F sharp", "java": "Java", "kotlin": "Kotlin", "go": "Go",
    "golang": "Go", "rust": "Rust", "rs": "Rust", "rb": "Ruby", "ruby": "Ruby", "php": "PHP",
    "swift": "Swift", "r": "R", "scala": "Scala", "lua": "Lua", "perl": "Perl", "tf": "Terraform",
    "hcl": "Terraform", "terraform": "Terraform", "dockerfile": "Docker", "graphql": "GraphQL",
    "haskell": "Haskell", "matlab": "Matlab", "dart": "Dart", "elixir": "Elixir",
}  # fmt: skip
"""The name after a code fence, and the name that is spoken. Others ("text") are just code."""
