// Sends one of each call with an unmodified client library: node node_client.cjs segment|rudder ADDRESS KEY
// The libraries are looked for in NODE_PATH; nothing is fetched.
const [which, address, key] = process.argv.slice(2)

function segment() {
  const { Analytics } = require('@segment/analytics-node')
  const client = new Analytics({ writeKey: key, host: address, maxRetries: 0 })
  client.on('error', (error) => { console.error(error); process.exitCode = 1 })
  return { client, end: () => client.closeAndFlush() }
}

function rudder() {
  const RudderAnalytics = require('@rudderstack/rudder-sdk-node')
  const client = new RudderAnalytics(key, { dataPlaneUrl: address, maxInternalQueueSize: 100 })
  return { client, end: () => new Promise((done, fail) => client.flush((error) => error ? fail(error) : done())) }
}

const { client, end } = which === 'segment' ? segment() : rudder()
client.identify({ userId: 'u1', traits: { name: 'Ana', phone: '+34600111222' } })
client.track({
  userId: 'u1',
  event: 'Product Added',
  properties: { cart_id: 'c1', product_id: 'lamp', name: 'Lámpara', price: 50, quantity: 1, currency: 'EUR' },
})
client.page({ userId: 'u1', name: 'Home' })
client.screen({ userId: 'u1', name: 'Main' })
client.group({ userId: 'u1', groupId: 'acme' })
client.alias({ previousId: 'visitor', userId: 'u1' })
end().then(() => process.exit(), (error) => { console.error(error); process.exit(1) })
