/*
 * Lets an addon written for Node-API 10, where any JavaScript value can be referenced, run on Node-API 8 and 9, where
 * only objects, functions and symbols can: other values are boxed in an array. Included before better-sqlite3's sources.
 */
#if defined(__cplusplus) && !defined(DESCRY_NODE_API_8)
#define DESCRY_NODE_API_8
#include <mutex>
#include <node_api.h>
#include <unordered_set>

namespace node_api_8 {

struct Boxed {
  std::mutex lock;
  std::unordered_set<napi_ref> references;
};

inline Boxed& boxed() {
  static Boxed* all = new Boxed;  // outlives static destruction: addons release references late
  return *all;
}

inline bool is_boxed(napi_ref reference) {
  std::lock_guard<std::mutex> guard(boxed().lock);
  return boxed().references.count(reference) != 0;
}

inline napi_status create(napi_env env, napi_value value, uint32_t count, napi_ref* result) {
  napi_valuetype type;
  napi_status status = napi_typeof(env, value, &type);
  if (status != napi_ok) return status;
  if (type == napi_object || type == napi_function || type == napi_symbol || type == napi_external)
    return napi_create_reference(env, value, count, result);
  napi_value box;
  if ((status = napi_create_array_with_length(env, 1, &box)) != napi_ok) return status;
  if ((status = napi_set_element(env, box, 0, value)) != napi_ok) return status;
  if ((status = napi_create_reference(env, box, count, result)) != napi_ok) return status;
  std::lock_guard<std::mutex> guard(boxed().lock);
  boxed().references.insert(*result);
  return napi_ok;
}

inline napi_status get(napi_env env, napi_ref reference, napi_value* result) {
  napi_status status = napi_get_reference_value(env, reference, result);
  if (status != napi_ok || *result == nullptr || !is_boxed(reference)) return status;
  return napi_get_element(env, *result, 0, result);
}

inline napi_status remove(napi_env env, napi_ref reference) {
  {
    std::lock_guard<std::mutex> guard(boxed().lock);
    boxed().references.erase(reference);
  }
  return napi_delete_reference(env, reference);
}

}  // namespace node_api_8

#define napi_create_reference node_api_8::create
#define napi_get_reference_value node_api_8::get
#define napi_delete_reference node_api_8::remove
#endif
