// A receiver of the hub's webhooks that acknowledges what is awaited of its unit; see ../README.md.
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

static string Setting(string name, string? otherwise = null)
{
    var found = Environment.GetEnvironmentVariable(name)?.Trim();
    return !string.IsNullOrEmpty(found) ? found : otherwise ?? Stop<string>($"set {name}: the README beside the receivers says what it is");
}

static byte[] Secret(string written)
{
    try
    {
        if (written.StartsWith("whsec_") && written.Length > 6) return Convert.FromBase64String(written[6..]);
    }
    catch (FormatException) { }
    return Stop<byte[]>("HUB_SECRET is no webhook secret: each begins with whsec_, and base64 follows; several have a blank between them");
}

// Ends the program with one sentence.
static T Stop<T>(string sentence)
{
    Console.Error.WriteLine(sentence);
    Environment.Exit(1);
    throw new InvalidOperationException(sentence);
}

var unit = Setting("UNIT");
var secrets = Setting("HUB_SECRET").Split(' ', StringSplitOptions.RemoveEmptyEntries)
    .Select(Secret).ToArray();
foreach (var name in new[] { "HUB_URL", "HUB_TOKEN", "ACTOR", "ROLE" }) Setting(name);
var store = Setting("STORE", "receiver");
var (notices, acts, answers) = (Path.Combine(store, "notices"), Path.Combine(store, "acts"), Path.Combine(store, "answers"));
foreach (var folder in new[] { notices, acts, answers }) Directory.CreateDirectory(folder);

var one = new SemaphoreSlim(1);
var builder = WebApplication.CreateBuilder();
builder.WebHost.UseUrls($"http://127.0.0.1:{FreePort(Setting("PORT", "9000"))}");
var app = builder.Build();

// Each notice is kept once, with the kvittens that it awaits of our unit, before 204 is answered.
app.MapPost("/{**path}", async (HttpRequest request) =>
{
    using var read = new MemoryStream();
    await request.Body.CopyToAsync(read);
    var body = read.ToArray();
    string Header(string name) => request.Headers[name].ToString();
    if (!IsSigned(Header("webhook-id"), Header("webhook-timestamp"), Header("webhook-signature"), body))
        return Results.Unauthorized();
    await one.WaitAsync();
    try
    {
        var kept = Path.Combine(notices, Sha256(Header("webhook-id")));
        if (!File.Exists(kept))
        {
            using var parsed = JsonDocument.Parse(body);
            var type = parsed.RootElement.GetProperty("type").GetString()!;
            if (!type.EndsWith(".receipt.v1") && !type.EndsWith(".announcement.v1")) LookAt(parsed.RootElement, type);
            Keep(kept, body); // last: a notice that is not kept is looked at again, and the act has the same id
        }
    }
    finally { one.Release(); }
    return Results.NoContent();
});
_ = Task.Run(SendForEver);
app.Run();

bool IsSigned(string id, string moment, string signatures, byte[] body)
{
    if (!long.TryParse(moment, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
        || Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - at) > 300) return false;
    var text = Encoding.UTF8.GetBytes($"{id}.{moment}.").Concat(body).ToArray();
    var ours = secrets.Select(secret => Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, text))));
    var theirs = signatures.Split(' ').Select(Encoding.UTF8.GetBytes).ToArray();
    return ours.Any(made => theirs.Any(given => CryptographicOperations.FixedTimeEquals(made, given)));
}

// Acknowledge what awaits a kvittens of us; tell people of what else awaits us.
void LookAt(JsonElement notice, string type)
{
    var text = notice.TryGetProperty("awaits", out var awaits) ? awaits.GetString()! : "{}";
    using var parsed = JsonDocument.Parse(text);
    if (!parsed.RootElement.TryGetProperty(unit, out var awaited)) return;
    var (of, message) = (notice.GetProperty("case").GetString()!, notice.GetProperty("id").GetString()!);
    if (awaited.GetString() != "kvittens")
    {
        Console.WriteLine($"{type} in {of} awaits {awaited} of us: somebody has to answer");
        return;
    }
    var id = "kvittens-" + Sha256($"{of} {message} {unit}")[..32];
    if (File.Exists(Path.Combine(acts, id)) || File.Exists(Path.Combine(answers, id))) return;
    Keep(Path.Combine(acts, id), JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
    {
        ["specversion"] = "1.0",
        ["id"] = id,
        ["source"] = $"urn:hsa:{unit}",
        ["type"] = "se.samverkan.kvittens.v1",
        ["subject"] = of,
        ["time"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture),
        ["actor"] = Setting("ACTOR"),
        ["actorrole"] = Setting("ROLE"),
        ["data"] = new { message },
    }));
}

// Sends each act until the hub has answered it; the others wait meanwhile, so that they keep their order.
async Task SendForEver()
{
    using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(30) };
    var wait = TimeSpan.FromSeconds(0.5);
    var trouble = "";
    while (true)
    {
        var next = new DirectoryInfo(acts).GetFiles().Where(file => file.Extension != ".part").MinBy(file => file.LastWriteTimeUtc);
        if (next is null) { await Task.Delay(250); continue; }
        using var request = new HttpRequestMessage(HttpMethod.Post, Setting("HUB_URL").TrimEnd('/') + "/messages");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Setting("HUB_TOKEN"));
        request.Content = new ByteArrayContent(await File.ReadAllBytesAsync(next.FullName));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json");
        try
        {
            using var answer = await client.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            if (IsFinal((int)answer.StatusCode, text))
            {
                Keep(Path.Combine(answers, next.Name), Encoding.UTF8.GetBytes(text));
                next.Delete();
                Console.WriteLine($"{next.Name}: {(int)answer.StatusCode} {text}");
                if (trouble != "") Console.Error.WriteLine($"{Setting("HUB_URL")} takes messages again");
                (wait, trouble) = (TimeSpan.FromSeconds(0.5), "");
                continue;
            }
            var unknown = (int)answer.StatusCode is 401 or 403 ? ": it does not know us (HUB_TOKEN)" : "";
            trouble = SaidOnce($"answers {(int)answer.StatusCode}{unknown}", trouble);
            var longest = TimeSpan.FromMinutes(10);
            var asked = answer.Headers.RetryAfter?.Delta ?? wait;
            await Task.Delay(asked < longest ? asked : longest);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            trouble = SaidOnce("does not answer (HUB_URL)", trouble);
            await Task.Delay(wait);
        }
        wait = TimeSpan.FromSeconds(Math.Min(wait.TotalSeconds * 2, 60));
    }
}

// Says why a message could not be sent, unless it has just been said; what has been said last.
static string SaidOnce(string why, string before)
{
    if (why != before) Console.Error.WriteLine($"{Setting("HUB_URL")} {why}; what is to be sent waits and is tried again");
    return why;
}

// The port, if nobody listens there, or the end of the program in one sentence.
static int FreePort(string port)
{
    try
    {
        var number = int.Parse(port, CultureInfo.InvariantCulture);
        var tried = new TcpListener(IPAddress.Loopback, number);
        tried.Start();
        tried.Stop();
        return number;
    }
    catch (Exception error) when (error is SocketException or FormatException or OverflowException or ArgumentOutOfRangeException)
    {
        return Stop<int>($"PORT {port} cannot be listened at ({error.Message}): set another PORT");
    }
}

// Whether the hub has taken the message or refused it by a rule. All else is a deploy, a proxy or a token: try again.
static bool IsFinal(int status, string answer)
{
    if (status is 401 or 403 or 404 or 408 or 429 or < 200 or (>= 300 and < 400) or >= 500) return false;
    try
    {
        using var said = JsonDocument.Parse(answer);
        return said.RootElement.ValueKind == JsonValueKind.Object
            && (said.RootElement.TryGetProperty("code", out _) || said.RootElement.TryGetProperty("rule", out _));
    }
    catch (JsonException) { return false; }
}

// The file is there whole or not at all.
static void Keep(string file, byte[] content)
{
    File.WriteAllBytes(file + ".part", content);
    File.Move(file + ".part", file, overwrite: true);
}

static string Sha256(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))).ToLowerInvariant();
