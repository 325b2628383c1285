"""The app in the browser: server-rendered pages, a little script, nothing fetched from elsewhere."""
