-- What the reports need of a chat: what its agent did since it was given to it. An agent's
-- response time runs from the first customer message that it leaves unanswered.

local reports = {}

reports.FIELDS = { "pending_at", "first_reply_at", "messages_customer", "messages_agent",
  "responses", "response_ms", "answers" }

-- Returns: for the event that ends an agent's time with a chat when it began, when the agent
-- first wrote, the messages of the customer and of the agent.
function reports.work(chat)
  local customers, agents = string.match(chat.before or "0:0", "^(%d+):(%d+)$")
  return string.format("%d:%s:%d:%d", chat.assigned_at, chat.first_reply_at or "",
    chat.messages_customer - customers, chat.messages_agent - agents)
end

-- Returns: names and values of what changes when another agent is to begin anew.
function reports.anew(chat)
  return "first_reply_at", "", "answers", "",
    "before", string.format("%d:%d", chat.messages_customer, chat.messages_agent)
end

-- Counts messages by their senders. Takes how these fields of the chat were. Returns: names
-- and values of those that change.
function reports.count(customer, senders, pending_at, replied_at, customers, agents, responses,
  took_ms, answers)
  local by_customer, answered = 0, 0
  local pending, waited_ms = tonumber(pending_at), 0
  replied_at, answers = replied_at ~= "" and replied_at, answers or ""
  for _, sender in ipairs(senders) do
    if sender == customer then
      by_customer = by_customer + 1
      pending = pending or call.now
    elseif pending then
      answered, waited_ms = answered + 1, waited_ms + call.now - pending
      answers = string.format("%s%d,", answers, call.now - pending)
      pending = nil
    end
  end
  local by_agent = #senders - by_customer
  local change = { "pending_at", pending or "" }
  local function set(name, value)
    change[#change + 1] = name
    change[#change + 1] = value
  end
  if by_customer > 0 then set("messages_customer", customers + by_customer) end
  if by_agent > 0 then
    set("messages_agent", agents + by_agent)
    if not replied_at then set("first_reply_at", call.now) end
  end
  if answered > 0 then
    set("responses", responses + answered)
    set("response_ms", took_ms + waited_ms)
    set("answers", answers) -- each, ms
  end
  return change
end
